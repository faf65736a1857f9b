package dev.cortex.sim;

import dev.cortex.bus.Directory;
import dev.cortex.bus.Message;
import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.Appended;
import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.Message.Trim;
import dev.cortex.bus.ShardMap;
import dev.cortex.event.Channel;
import dev.cortex.event.Draft;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.event.Position;
import dev.cortex.event.Priority;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Since;
import dev.cortex.event.StoredEvent;
import dev.cortex.gateway.GatewayModel;
import dev.cortex.gateway.GatewayModel.Client;
import dev.cortex.gateway.GatewayModel.Heard;
import dev.cortex.room.RoomModel;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** One history: publishers, rooms, gateways and clients for two seconds, then quiet, then the reckoning. */
public final class RoomSimulation {

  /** What goes wrong in a history. */
  enum Faults {
    /** Nothing but bad timing. */
    NONE,
    /** Deliveries and answers get lost, the room is away for a moment, the store fails. */
    STORE_AND_BUS,
    /** Old events are removed while they are read. */
    TRIMS,
    /** Writing to some connections throws. */
    BROKEN_SOCKETS
  }

  private static final int SHARDS = 2;
  private static final int TURNS_MAX = 200_000;
  private static final long LIFE_US = 2_000_000;
  private static final String[] ORGS = {"acme", "bell", "core"};
  private static final String[] AGENTS = {"planner", "coder"};

  private final Schedule schedule;
  private final Random random;
  private final Faults faults;
  private final MemoryLog log;
  private final RoomModel room;
  private final Map<String, GatewayModel> gateways = new HashMap<>();
  private final List<Client> clients = new ArrayList<>();
  private final Map<Client, Map<String, Integer>> watchers = new HashMap<>();
  private final Map<String, Draft> accepted = new HashMap<>();
  private boolean faulty;
  private int drafts;

  RoomSimulation(long seed, Faults faults) {
    this.schedule = new Schedule(seed);
    this.random = schedule.random();
    this.faults = faults;
    this.log = new MemoryLog(schedule);
    this.room = new RoomModel(log, SHARDS, random.nextBoolean() ? 100 : 2, 4_000, this::post, schedule);
    for (int i = 0; i < 1 + random.nextInt(2); i++) {
      String address = "gateway." + i;
      Directory directory = Directory.alone("n1", new ShardMap(SHARDS, false));
      gateways.put(address, new GatewayModel(schedule, address, directory, new GatewayModel.Wire() {
        @Override
        public Future<? extends Message> ask(String node, Message question) {
          return RoomSimulation.this.ask(address, question);
        }

        @Override
        public void tell(String node, Message message) {
          RoomSimulation.this.tell(address, message);
        }
      }));
    }
  }

  /** Plays the history and compares what was received with what was owed. */
  void play() {
    room.start(SHARDS);
    schedule.run(TURNS_MAX);
    faulty = faults == Faults.STORE_AND_BUS;
    log.failing(faulty ? 30 : 0);
    int actions = 20 + random.nextInt(60);
    for (int i = 0; i < actions; i++) {
      schedule.after(random.nextLong(LIFE_US), this::act);
    }
    schedule.runFor(LIFE_US, TURNS_MAX);
    faulty = false;
    log.failing(0);
    // what was lost on the bus is found out by the next event of the org
    schedule.runFor(LIFE_US, TURNS_MAX);
    for (String org : ORGS) {
      publish(List.of(draft(org)));
    }
    for (int i = 1; i < 20; i++) {
      schedule.after(i * 1_000_000L, room::tick);
    }
    schedule.run(TURNS_MAX);
    for (Client client : clients) {
      check(client);
    }
    List<String> stored = new ArrayList<>();
    for (String org : ORGS) {
      log.history(org).forEach(event -> stored.add(field(event, "id")));
    }
    require(stored.size() == drafts && accepted.keySet().equals(Set.copyOf(stored)),
        "of " + drafts + " events " + accepted.size() + " were accepted, " + stored.size() + " are in the log");
  }

  long losses() {
    return clients.stream().mapToLong(client -> client.heard.stream().mapToInt(heard -> heard.losses.size()).sum()).sum();
  }

  long received() {
    return clients.stream().mapToLong(client -> client.received.size()).sum();
  }

  List<Client> clients() {
    return clients;
  }

  // ---- the wires

  private void post(String address, Delivery delivery) {
    if (!faulty || !schedule.chance(100)) {
      schedule.inLine("to " + address, 3_000, () -> gateways.get(address).deliver(delivery));
    }
  }

  private void tell(String address, Message message) {
    schedule.inLine("from " + address, 2_000, () -> room.tell(message));
  }

  private Future<? extends Message> ask(String address, Message question) {
    if (faulty && schedule.chance(20)) {
      return Future.failedFuture(new RefusedException(ErrorCode.MOVED, "nobody there"));
    }
    boolean answerIsLost = faulty && schedule.chance(20);
    Promise<Message> answer = Promise.promise();
    schedule.inLine("from " + address, 2_000, () -> room.ask(question).onComplete(done -> {
      if (answerIsLost) {
        schedule.after(500_000, () -> answer.fail(new RefusedException(ErrorCode.TIMEOUT, "lost")));
        return;
      }
      schedule.inLine("to " + address, 3_000, () -> {
        if (done.succeeded()) {
          answer.complete(done.result());
        } else {
          answer.fail(done.cause() instanceof RefusedException refused
              ? refused
              : new RefusedException(ErrorCode.STORAGE_ERROR, done.cause().toString()));
        }
      });
    }));
    return answer.future();
  }

  // ---- what happens

  private void act() {
    int what = random.nextInt(100);
    if (what < 45) {
      publishSome();
    } else if (what < 60 || clients.isEmpty()) {
      Client client = new ArrayList<>(gateways.values()).get(random.nextInt(gateways.size())).connect();
      clients.add(client);
      if (random.nextInt(5) == 0) {
        Map<String, Integer> heads = new HashMap<>();
        watchers.put(client, heads);
        client.everyOrg(() -> {
          for (String org : ORGS) {
            heads.put(org, log.history(org).size());
          }
        });
      } else {
        subscribe(client);
      }
    } else if (what < 80) {
      act(clients.get(random.nextInt(clients.size())));
    } else if (faults == Faults.TRIMS) {
      long cutoff = schedule.wallMs() - random.nextInt(300);
      room.ask(new Trim(cutoff, schedule.wallMs(), schedule.wallMs()));
    } else {
      publishSome();
    }
  }

  private void act(Client client) {
    boolean everyOrg = client.heard.stream().anyMatch(heard -> heard.appeared);
    int what = random.nextInt(10);
    if (what == 0) {
      client.close();
    } else if (what == 1 && faults == Faults.BROKEN_SOCKETS) {
      client.breakDown();
    } else if (everyOrg || faults == Faults.TRIMS) {
      return; // one subscription a client, or nobody could tell which one a loss belongs to
    } else if (what < 6) {
      subscribe(client);
    } else {
      client.heard.stream().filter(heard -> heard.through == Long.MAX_VALUE).skip(random.nextInt(2)).findFirst()
          .ifPresent(heard -> client.end(heard.channel));
    }
  }

  private void subscribe(Client client) {
    String org = ORGS[random.nextInt(ORGS.length)];
    int depth = random.nextInt(3);
    Channel channel = new Channel(
        org, depth > 0 ? AGENTS[random.nextInt(2)] : "", depth > 1 ? "s" + random.nextInt(2) : "");
    List<StoredEvent> history = log.history(org);
    int how = random.nextInt(4);
    if (how < 2 || history.isEmpty()) {
      client.live(channel);
    } else if (how == 2) {
      client.since(channel, new Since.Time(0));
    } else {
      StoredEvent last = history.get(history.size() - 1);
      Position end = Position.parse(field(last, "cursor")).orElseThrow();
      client.since(channel, new Since.Cursor(new Position(end.logId(), random.nextLong(end.offset() + 1))));
    }
  }

  private void publishSome() {
    String org = ORGS[random.nextInt(ORGS.length)];
    int count = 1 + random.nextInt(random.nextInt(4) == 0 ? 40 : 4);
    List<Draft> batch = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      batch.add(draft(org));
    }
    publish(batch);
  }

  private Draft draft(String org) {
    boolean session = random.nextInt(3) > 0;
    byte[] payload = ("{\"x\":\"" + "y".repeat(random.nextInt(60)) + "\"}").getBytes(StandardCharsets.UTF_8);
    Priority priority = random.nextInt(10) == 0 ? Priority.CRITICAL : Priority.STANDARD;
    return new Draft(
        "e" + drafts++ + "e", true, org, "u", "t", payload, 1,
        session ? AGENTS[random.nextInt(2)] : "", session ? "s" + random.nextInt(2) : "", 0, "", priority, "");
  }

  /** A producer that repeats what was not answered for, until it was. */
  private void publish(List<Draft> batch) {
    room.ask(new Append(batch.get(0).orgId(), batch)).onComplete(answer -> {
      List<Draft> again = new ArrayList<>();
      for (int i = 0; i < batch.size(); i++) {
        Outcome outcome = answer.succeeded() ? ((Appended) answer.result()).outcomes().get(i) : null;
        if (outcome == null || outcome.status() == Outcome.Status.UNKNOWN) {
          again.add(batch.get(i));
          continue;
        }
        require(outcome.error().isEmpty(), "refused: " + outcome);
        StoredEvent stored = log.history(batch.get(i).orgId()).get((int) outcome.offset() - 1);
        require(field(stored, "id").equals(batch.get(i).id()), "another event is at the place of " + outcome);
        boolean first = accepted.put(batch.get(i).id(), batch.get(i)) == null;
        require(first, "answered twice: " + outcome);
      }
      if (!again.isEmpty()) {
        schedule.after(10_000, () -> publish(again));
      }
    });
  }

  // ---- the reckoning

  private void check(Client client) {
    Map<String, List<StoredEvent>> received = new HashMap<>();
    for (StoredEvent event : client.received) {
      received.computeIfAbsent(org(event), o -> new ArrayList<>()).add(event);
    }
    for (String org : ORGS) {
      List<Heard> heard = client.heard.stream().filter(one -> one.channel.orgId().equals(org)).toList();
      List<StoredEvent> got = received.getOrDefault(org, List.of());
      String fault = heard.size() == 1 ? order(got) : "";
      fault += newcomers(client, org, heard);
      fault += counts(client, org, heard, got);
      require(fault.isEmpty(), fault + " of " + org + " received "
          + got.stream().map(StoredEvent::offset).toList() + " by " + heard);
    }
  }

  /** Who listens to every org hears of an org from its first event on; a lost first delivery is found out later. */
  private String newcomers(Client client, String org, List<Heard> heard) {
    Map<String, Integer> heads = watchers.getOrDefault(client, Map.of());
    if (faults == Faults.STORE_AND_BUS || client.left() || !heads.containsKey(org)) {
      return "";
    }
    long first = heard.stream().mapToLong(one -> one.after).min().orElse(Long.MAX_VALUE);
    return first <= heads.get(org) ? "" : "heard from " + first + ", but listened from " + heads.get(org);
  }

  private static String order(List<StoredEvent> got) {
    for (int i = 1; i < got.size(); i++) {
      if (got.get(i).offset() <= got.get(i - 1).offset()) {
        return "out of order: " + got.get(i).offset() + ' ';
      }
    }
    return "";
  }

  /** Once what is owed; again at most what a subscription that has ended had delivered before. */
  private String counts(Client client, String org, List<Heard> heard, List<StoredEvent> got) {
    Map<Long, Integer> counts = new HashMap<>();
    got.forEach(event -> counts.merge(event.offset(), 1, Integer::sum));
    // of overlapping subscriptions that end, one may have counted on another that had not come that far
    long last = client.left() ? heard.stream().mapToLong(one -> one.through).min().orElse(0) : Long.MAX_VALUE;
    for (StoredEvent event : log.history(org)) {
      int count = counts.getOrDefault(event.offset(), 0);
      int owing = 0;
      int allowed = 0;
      int ended = 0;
      for (Heard one : heard) {
        if (owes(one, event, one.furthest)) {
          allowed++;
          owing += owes(one, event, one.through) ? 1 : 0;
          ended += one.ended ? 1 : 0;
        }
      }
      boolean optional = client.brokeDown() || event.offset() > last || (allowed == ended && heard.size() > 1);
      if (count < (owing == 0 || optional ? 0 : 1)) {
        return "missing: " + event.offset();
      }
      if (count > Math.min(allowed, ended + 1)) {
        return "too many: " + event.offset();
      }
    }
    return "";
  }

  private static boolean owes(Heard heard, StoredEvent event, long through) {
    return event.offset() > heard.after
        && event.offset() <= through
        && heard.channel.covers(event.agentId(), event.sessionId())
        && heard.losses.stream().noneMatch(l -> event.offset() > l.after() && event.offset() <= l.through());
  }

  /** The org of an event. */
  public static String org(StoredEvent event) {
    return field(event, "orgId");
  }

  private static String field(StoredEvent event, String name) {
    String text = new String(event.json(), StandardCharsets.ISO_8859_1);
    int begin = text.indexOf('"' + name + "\":\"") + name.length() + 4;
    return text.substring(begin, text.indexOf('"', begin));
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
