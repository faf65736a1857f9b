package dev.cortex.sim;

import dev.cortex.bus.Message;
import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.AskHead;
import dev.cortex.bus.Message.Attach;
import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.Message.Detach;
import dev.cortex.bus.Message.Head;
import dev.cortex.bus.Message.Locate;
import dev.cortex.bus.Message.Read;
import dev.cortex.bus.Message.Standing;
import dev.cortex.bus.ShardMap;
import dev.cortex.event.Channel;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Position;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Since;
import dev.cortex.event.StoredEvent;
import dev.cortex.gateway.GatewayModel;
import dev.cortex.gateway.GatewayModel.Client;
import dev.cortex.room.RoomModel;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * One history of a cluster: shards move, nodes die and join, directories lag, deposed owners go on for a while, messages
 * are lost, late or out of order. Then the faults stop, and after some quiet minutes everything must have arrived.
 */
final class ClusterSimulation {

  private static final int SHARDS = 4;
  private static final int TURNS_MAX = 400_000;
  private static final long LIFE_US = 6_000_000;
  private static final long TICK_US = 1_000_000;
  /** Longer than two renewals of an attachment. */
  private static final int QUIET_TICKS = 150;
  private static final long DELIVERED_LATELY_US = 10_000_000;

  private final Schedule schedule;
  private final Random random;
  private final MemoryLog log;
  private final Traffic traffic;
  private final Map<String, ClusterNode> nodes = new TreeMap<>();
  private final Map<Integer, Long> epochs = new TreeMap<>();
  private final List<Client> clients = new ArrayList<>();
  private final Map<Client, ClusterNode> homes = new HashMap<>();
  private final List<Poller> pollers = new ArrayList<>();
  private boolean faulty;
  private int named;
  private int deaths;

  /** A desktop that polls, each time at any gateway; takes what it is told there is. */
  private final class Poller {
    private final String org;
    private Position cursor;
    private Optional<ClusterNode> asking = Optional.empty();

    private Poller(String org, Position cursor) {
      this.org = org;
      this.cursor = cursor;
    }

    private void poll() {
      if (asking.isPresent() && !asking.get().dead) {
        return;
      }
      ClusterNode asked = any();
      asking = Optional.of(asked);
      asked.gateway.poll(org, cursor).onComplete(answer -> {
        asking = Optional.empty();
        if (answer.succeeded()) {
          Position head = answer.result().head().position();
          Traffic.require(
              head.offset() >= cursor.offset() && head.offset() <= log.history(org).size()
                  && answer.result().missed() == head.offset() - cursor.offset(),
              "a poll after " + cursor + " was answered " + answer.result());
          cursor = head;
        }
      });
    }
  }

  ClusterSimulation(long seed) {
    this.schedule = new Schedule(seed);
    this.random = schedule.random();
    this.log = new MemoryLog(schedule);
    this.traffic = new Traffic(schedule, log, this::append);
    for (int i = 0; i < 2 + random.nextInt(3); i++) {
      join();
    }
  }

  /** Plays the history and compares what was received with what was owed. */
  void play() {
    for (int shard = 0; shard < SHARDS; shard++) {
      claim(nodes.get(ShardMap.choose(shard, nodes.keySet())), shard);
    }
    schedule.run(TURNS_MAX);
    faulty = true;
    int actions = 30 + random.nextInt(60);
    for (int i = 0; i < actions; i++) {
      schedule.after(random.nextLong(LIFE_US), this::act);
    }
    for (int i = 1; i < QUIET_TICKS; i++) {
      schedule.after(i * TICK_US, this::tick);
    }
    schedule.runFor(LIFE_US, TURNS_MAX);
    faulty = false;
    schedule.run(TURNS_MAX); // nothing more is published: what got lost has to be found without traffic
    check("after the quiet");
    for (String org : Traffic.ORGS) {
      traffic.publish(List.of(traffic.draft(org)));
    }
    for (int i = 1; i < 5; i++) {
      schedule.after(i * TICK_US, this::tick);
    }
    schedule.run(TURNS_MAX);
    check("after the last events");
  }

  private void check(String when) {
    try {
      Reckoning reckoning = new Reckoning(log);
      clients.forEach(client -> reckoning.check(client, org -> ""));
      traffic.check();
      for (ClusterNode node : live()) {
        Traffic.require(node.gateway.moving() == 0, node.name + " still moves feeds");
      }
      for (Poller poller : pollers) {
        Traffic.require(
            poller.cursor.offset() == log.history(poller.org).size(),
            "polls of " + poller.org + " stopped at " + poller.cursor);
      }
    } catch (AssertionError failure) {
      throw new AssertionError(when + ": " + failure.getMessage(), failure);
    }
  }

  long losses() {
    return clients.stream().flatMap(client -> client.heard.stream()).mapToLong(heard -> heard.losses.size()).sum();
  }

  long received() {
    return clients.stream().mapToLong(client -> client.received.size()).sum();
  }

  int deaths() {
    return deaths;
  }

  /** How often a shard was claimed. */
  long claims() {
    return epochs.values().stream().mapToLong(Long::longValue).sum();
  }

  // ---- who is there, and who owns what

  private List<ClusterNode> live() {
    return nodes.values().stream().filter(node -> !node.dead).toList();
  }

  private ClusterNode any() {
    List<ClusterNode> live = live();
    return live.get(random.nextInt(live.size()));
  }

  private void join() {
    ClusterNode node = new ClusterNode("n" + ++named, SHARDS);
    node.room = new RoomModel(
        node.name, log, SHARDS, random.nextBoolean() ? 100 : 2, 4_000,
        (address, delivery) -> post(node, address, delivery), schedule);
    node.gateway = new GatewayModel(schedule, node.address(), node.directory, new GatewayModel.Wire() {
      @Override
      public Future<? extends Message> ask(String target, Message question) {
        return ClusterSimulation.this.ask(node, target, question);
      }

      @Override
      public void tell(String target, Message message) {
        ClusterSimulation.this.tell(node, target, message);
      }
    });
    nodes.values().forEach(other -> node.announced.putAll(other.announced));
    nodes.put(node.name, node);
    membersChanged();
  }

  private void die(ClusterNode node) {
    clients.stream().filter(client -> homes.get(client) == node).forEach(Client::close);
    node.dead = true;
    deaths++;
    membersChanged();
  }

  private void membersChanged() {
    for (ClusterNode node : live()) {
      schedule.after(random.nextLong(faulty ? 600_000 : 1), () ->
          node.sees(live().stream().map(other -> other.name).collect(Collectors.toCollection(TreeSet::new))));
    }
  }

  private void claim(ClusterNode node, int shard) {
    node.room.claim(List.of(shard)).onSuccess(claimed -> {
      long epoch = node.room.epoch(shard);
      node.owned.put(shard, epoch);
      epochs.merge(shard, epoch, Math::max);
      announce(node);
    });
  }

  private void announce(ClusterNode node) {
    Map<Integer, Long> owned = Map.copyOf(node.owned);
    for (ClusterNode other : live()) {
      schedule.after(random.nextLong(faulty ? 400_000 : 1_000), () ->
          owned.forEach((shard, epoch) -> other.hears(node.name, shard, epoch)));
    }
  }

  /** Once a second: owners learn that they were deposed, orphans find a new owner, everyone says where things stand. */
  private void tick() {
    for (ClusterNode node : live()) {
      schedule.after(random.nextInt(500_000), () -> look(node));
      node.room.tick();
      node.gateway.tick();
      standing(node);
      announce(node);
    }
    for (int shard = 0; shard < SHARDS; shard++) {
      int orphan = shard;
      boolean served = live().stream().anyMatch(node -> node.owned.getOrDefault(orphan, 0L) >= epochs.get(orphan));
      if (!served) {
        String chosen = ShardMap.choose(shard, live().stream().map(node -> node.name).toList());
        schedule.after(random.nextInt(300_000), () -> {
          if (!nodes.get(chosen).dead) {
            claim(nodes.get(chosen), orphan);
          }
        });
      }
    }
    pollers.forEach(Poller::poll);
  }

  private void look(ClusterNode node) {
    Set<Integer> lost = new TreeSet<>();
    node.owned.forEach((shard, epoch) -> {
      if (epoch < epochs.get(shard)) {
        lost.add(shard);
      }
    });
    node.owned.keySet().removeAll(lost);
    if (random.nextBoolean()) {
      node.attached.forEach((address, orgs) -> List.copyOf(orgs).forEach(org -> {
        if (lost.contains(shardOf(org))) {
          orgs.remove(org);
          node.room.tell(new Detach(address, org));
        }
      }));
    }
  }

  private void standing(ClusterNode node) {
    node.attached.forEach((address, orgs) -> {
      List<Head> heads = new ArrayList<>();
      for (String org : orgs) {
        long last = node.delivered.getOrDefault(address + org, 0L);
        if (node.owned.containsKey(shardOf(org)) && schedule.monotonicNs() / 1_000 - last < DELIVERED_LATELY_US) {
          node.room.ask(new AskHead(org)).onSuccess(head -> heads.add((Head) head));
        }
      }
      schedule.after(20_000, () -> {
        if (!node.dead) {
          toGateway(node, address, gateway -> gateway.standing(new Standing(node.name, List.copyOf(heads))));
        }
      });
    });
  }

  private static int shardOf(String org) {
    return new ShardMap(SHARDS, false).shardOf(org);
  }

  // ---- the wires

  private void post(ClusterNode node, String address, Delivery delivery) {
    node.delivered.put(address + delivery.orgId(), schedule.monotonicNs() / 1_000);
    if (!node.dead && !(faulty && schedule.chance(100))) {
      toGateway(node, address, gateway -> gateway.deliver(delivery));
    }
  }

  private void toGateway(ClusterNode from, String address, Consumer<GatewayModel> message) {
    travel(from.name + '>' + address, () -> nodes.values().stream()
        .filter(node -> !node.dead && node.address().equals(address))
        .forEach(node -> message.accept(node.gateway)));
  }

  /** Mostly in order; sometimes very late. */
  private void travel(String line, Runnable arrival) {
    if (faulty && schedule.chance(50)) {
      schedule.after(random.nextLong(1_500_000), arrival);
    } else {
      schedule.inLine(line, 3_000, arrival);
    }
  }

  private void tell(ClusterNode from, String target, Message message) {
    ClusterNode node = nodes.get(target);
    if (node != null && !(faulty && schedule.chance(100))) {
      travel(from.address() + '>' + target, () -> {
        if (!node.dead) {
          if (message instanceof Detach detach) {
            node.attached.getOrDefault(detach.gateway(), new TreeSet<>()).remove(detach.orgId());
          }
          node.room.tell(message);
        }
      });
    }
  }

  private Future<? extends Message> ask(ClusterNode from, String target, Message question) {
    Promise<Message> answer = Promise.promise();
    if (from.dead) {
      return answer.future(); // nobody is there any more to be answered
    }
    schedule.after(800_000, () -> answer.tryFail(new RefusedException(ErrorCode.TIMEOUT, "no answer")));
    ClusterNode node = nodes.get(target);
    if (node == null || (faulty && schedule.chance(20))) {
      return answer.future();
    }
    travel(from.address() + '>' + target, () -> {
      if (!node.dead) {
        answered(node, question).onComplete(done -> {
          if (!(faulty && schedule.chance(20))) {
            travel(target + '>' + from.address(), () -> settle(from, answer, done.map(message -> (Message) message)));
          }
        });
      }
    });
    return answer.future();
  }

  private void settle(ClusterNode asking, Promise<Message> answer, AsyncResult<Message> done) {
    if (asking.dead) {
      return;
    }
    if (done.succeeded()) {
      answer.tryComplete(done.result());
    } else {
      answer.tryFail(done.cause() instanceof RefusedException refused
          ? refused
          : new RefusedException(ErrorCode.STORAGE_ERROR, done.cause().toString()));
    }
  }

  private Future<? extends Message> answered(ClusterNode node, Message question) {
    String org = orgOf(question);
    if (!node.owned.containsKey(shardOf(org))) {
      return Future.failedFuture(new RefusedException(ErrorCode.MOVED, "not here"));
    }
    if (question instanceof Attach attach) {
      node.attached.computeIfAbsent(attach.gateway(), address -> new TreeSet<>()).add(org);
    }
    return node.room.ask(question);
  }

  private static String orgOf(Message question) {
    if (question instanceof Attach attach) {
      return attach.orgId();
    } else if (question instanceof Append append) {
      return append.orgId();
    } else if (question instanceof Read read) {
      return read.channel().orgId();
    } else if (question instanceof Locate locate) {
      return locate.channel().orgId();
    }
    return ((AskHead) question).orgId();
  }

  private Future<? extends Message> append(Append append) {
    ClusterNode from = any();
    return ask(from, from.directory.ownerOf(append.orgId()), append);
  }

  // ---- what happens

  private void act() {
    int what = random.nextInt(100);
    if (what < 40) {
      traffic.publishSome();
    } else if (what < 60 || clients.isEmpty()) {
      ClusterNode home = any();
      Client client = home.gateway.connect();
      clients.add(client);
      homes.put(client, home);
      subscribe(client);
    } else if (what < 72) {
      act(clients.get(random.nextInt(clients.size())));
    } else if (what < 80) {
      startPolling();
    } else if (what < 93) {
      claim(any(), random.nextInt(SHARDS));
    } else if (what < 97 && live().size() > 1) {
      die(any());
    } else if (live().size() < 5) {
      join();
    }
  }

  private void act(Client client) {
    int what = random.nextInt(8);
    if (client.left()) {
      return;
    } else if (what == 0) {
      client.close();
    } else if (what < 5) {
      subscribe(client);
    } else {
      client.heard.stream().filter(heard -> heard.through == Long.MAX_VALUE).findFirst()
          .ifPresent(heard -> client.end(heard.channel));
    }
  }

  private void subscribe(Client client) {
    String org = Traffic.ORGS[random.nextInt(Traffic.ORGS.length)];
    Channel channel = random.nextBoolean()
        ? Channel.root(org)
        : new Channel(org, Traffic.AGENTS[random.nextInt(2)], random.nextBoolean() ? "s" + random.nextInt(2) : "");
    List<StoredEvent> history = log.history(org);
    if (history.isEmpty() || random.nextInt(3) == 0) {
      client.live(channel);
    } else {
      client.since(channel, new Since.Cursor(new Position(logId(org), random.nextLong(history.size() + 1))));
    }
  }

  private void startPolling() {
    String org = Traffic.ORGS[random.nextInt(Traffic.ORGS.length)];
    if (!log.history(org).isEmpty()) {
      pollers.add(new Poller(org, new Position(logId(org), 0)));
    }
  }

  private String logId(String org) {
    return Position.parse(Traffic.field(log.history(org).get(0), "cursor")).orElseThrow().logId();
  }
}
