package dev.cortex.sim;

import dev.cortex.bus.Addresses;
import dev.cortex.bus.Message;
import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.Message.Standing;
import dev.cortex.event.Channel;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Position;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Since;
import dev.cortex.event.StoredEvent;
import dev.cortex.gateway.GatewayModel;
import dev.cortex.gateway.GatewayModel.Client;
import dev.cortex.room.RoomModel;
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
import java.util.stream.Collectors;

/**
 * One history of a cluster: nodes die, leave, join and are cut off, shards move with them, directories lag, deposed
 * owners go on for a while, messages are lost, late or out of order. Then the faults stop, and after half a quiet
 * minute everything must have arrived.
 */
final class ClusterSimulation {

  private static final int SHARDS = 4;
  private static final int TURNS_MAX = 400_000;
  private static final long LIFE_US = 6_000_000;
  private static final long TICK_US = 1_000_000;
  /** Longer than two renewals of an attachment. */
  private static final int QUIET_TICKS = 30;

  private final Schedule schedule;
  private final Random random;
  private final MemoryLog log;
  private final Traffic traffic;
  private final Map<String, SimulatedNode> nodes = new TreeMap<>();
  private final List<Client> clients = new ArrayList<>();
  private final Map<Client, SimulatedNode> homes = new HashMap<>();
  private final List<Poller> pollers = new ArrayList<>();
  private boolean faulty;
  private int named;
  private int deaths;

  /** A desktop that polls, each time at any gateway; takes what it is told there is. */
  private final class Poller {
    private final String org;
    private Position cursor;
    private Optional<SimulatedNode> asking = Optional.empty();

    private Poller(String org, Position cursor) {
      this.org = org;
      this.cursor = cursor;
    }

    private void poll() {
      if (asking.isPresent() && !asking.get().dead) {
        return;
      }
      SimulatedNode asked = any();
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
    int size = 2 + random.nextInt(3);
    for (int i = 0; i < size; i++) {
      join();
    }
  }

  /** Plays the history and compares what was received with what was owed. */
  void play() {
    for (int i = 1; i < 6; i++) {
      schedule.after(i * TICK_US, this::tick);
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
    if (live().stream().allMatch(node -> node.leaving)) {
      join();
    }
    schedule.run(TURNS_MAX); // nothing more is published: what got lost has to be found without traffic
    check("after the quiet");
    for (String org : Traffic.ORGS) {
      traffic.publish(List.of(traffic.draft(org)));
    }
    for (int i = 1; i < 8; i++) {
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
      for (SimulatedNode node : live()) {
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

  /** How often shards were claimed. */
  long claims() {
    return log.epochs().values().stream().mapToLong(Long::longValue).sum();
  }

  // ---- who is there, and who sees whom

  private List<SimulatedNode> live() {
    return nodes.values().stream().filter(node -> !node.dead).toList();
  }

  private SimulatedNode any() {
    List<SimulatedNode> live = live();
    return live.get(random.nextInt(live.size()));
  }

  private void join() {
    SimulatedNode node = new SimulatedNode("n" + ++named, SHARDS);
    node.room = new RoomModel(
        log, node.directory, node, random.nextBoolean() ? 100 : 2, 4_000,
        (address, message) -> send(node, address, message), schedule);
    node.gateway = new GatewayModel(schedule, node.address(), node.directory, new GatewayModel.Wire() {
      @Override
      public Future<? extends Message> ask(String target, Message question) {
        return ClusterSimulation.this.ask(node, target, question);
      }

      @Override
      public void tell(String target, Message message) {
        ClusterSimulation.this.send(node, Addresses.room(target), message);
      }
    });
    nodes.put(node.name, node);
    node.sees(Set.of(node.name));
    membersChanged();
    node.room.join();
  }

  private void die(SimulatedNode node) {
    clients.stream().filter(client -> homes.get(client) == node).forEach(Client::close);
    node.dead = true;
    node.gateway.stop();
    deaths++;
    membersChanged();
  }

  /** A node announces that it goes, hands its shards over and is gone some seconds later. */
  private void leave(SimulatedNode node) {
    node.leaving = true;
    node.room.leave();
    schedule.after(500_000 + random.nextInt(3_000_000), () -> {
      if (!node.dead && live().size() > 1) {
        die(node);
      }
    });
  }

  /** A node is cut off from the others, but not from the store. */
  private void cut(SimulatedNode node) {
    node.cut = true;
    membersChanged();
    schedule.after(500_000 + random.nextInt(5_000_000), () -> {
      node.cut = false;
      membersChanged();
    });
  }

  /** Every node notices after a while of its own. */
  private void membersChanged() {
    for (SimulatedNode node : live()) {
      schedule.after(random.nextLong(600_000), () -> {
        if (!node.dead) {
          node.sees(live().stream().filter(other -> hears(node, other)).map(other -> other.name)
              .collect(Collectors.toCollection(TreeSet::new)));
        }
      });
    }
  }

  private static boolean hears(SimulatedNode one, SimulatedNode other) {
    return one == other || !(one.cut || other.cut);
  }

  private void tick() {
    for (SimulatedNode node : live()) {
      node.room.tick();
      node.gateway.tick();
      for (int i = 0; i < 4; i++) {
        schedule.after(i * 250_000L + random.nextInt(50_000), () -> {
          if (!node.dead) {
            node.room.beat();
          }
        });
      }
    }
    pollers.forEach(Poller::poll);
  }

  // ---- the wires

  /** Mostly in order; sometimes lost, sometimes very late; never between nodes that are cut off from each other. */
  private void travel(SimulatedNode from, SimulatedNode to, String line, int lostPerMille, Runnable arrival) {
    if (from.dead || to.dead || !hears(from, to) || (faulty && schedule.chance(lostPerMille))) {
      return;
    }
    Runnable unlessDead = () -> {
      if (!to.dead) {
        arrival.run();
      }
    };
    if (faulty && from != to && schedule.chance(50)) {
      schedule.after(random.nextLong(1_500_000), unlessDead);
    } else {
      schedule.inLine(from.name + '>' + to.name + line, 3_000, unlessDead);
    }
  }

  private void send(SimulatedNode from, String address, Message message) {
    boolean toGateway = !Addresses.nodeOf(address).isEmpty();
    String target = toGateway ? Addresses.nodeOf(address) : address.split("\\.")[1];
    SimulatedNode to = nodes.get(target);
    if (to == null) {
      return;
    }
    travel(from, to, toGateway ? "gateway" : "room", from == to ? 0 : 100, () -> {
      if (message instanceof Delivery delivery) {
        to.gateway.deliver(delivery);
      } else if (message instanceof Standing standing) {
        to.gateway.standing(standing);
      } else {
        to.room.tell(message);
      }
    });
  }

  private Future<? extends Message> ask(SimulatedNode from, String target, Message question) {
    Promise<Message> answer = Promise.promise();
    if (from.dead) {
      return answer.future(); // nobody is there any more to be answered
    }
    schedule.after(800_000, () -> answer.tryFail(new RefusedException(ErrorCode.TIMEOUT, "no answer")));
    SimulatedNode to = nodes.get(target);
    if (to != null) {
      int lost = from == to ? 0 : 20;
      travel(from, to, "room", lost, () -> to.room.ask(question).onComplete(done ->
          travel(to, from, "gateway", lost, () -> {
            if (done.succeeded()) {
              answer.tryComplete(done.result());
            } else {
              answer.tryFail(done.cause() instanceof RefusedException refused
                  ? refused
                  : new RefusedException(ErrorCode.STORAGE_ERROR, done.cause().toString()));
            }
          })));
    }
    return answer.future();
  }

  private Future<? extends Message> append(Append append) {
    SimulatedNode from = any();
    return ask(from, from.directory.ownerOf(append.orgId()), append);
  }

  // ---- what happens

  private void act() {
    int what = random.nextInt(100);
    if (what < 40) {
      traffic.publishSome();
    } else if (what < 60 || clients.isEmpty()) {
      SimulatedNode home = any();
      Client client = home.gateway.connect();
      clients.add(client);
      homes.put(client, home);
      subscribe(client);
    } else if (what < 72) {
      act(clients.get(random.nextInt(clients.size())));
    } else if (what < 80) {
      startPolling();
    } else if (what < 85) {
      cut(any());
    } else if (what < 92 && live().size() > 1) {
      die(any());
    } else if (what < 95 && live().size() > 1) {
      leave(any());
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
