package dev.cortex.sim;

import dev.cortex.bus.Directory;
import dev.cortex.bus.Message;
import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.Message.Trim;
import dev.cortex.bus.ShardMap;
import dev.cortex.event.Channel;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Position;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Since;
import dev.cortex.event.StoredEvent;
import dev.cortex.gateway.GatewayModel;
import dev.cortex.gateway.GatewayModel.Client;
import dev.cortex.gateway.GatewayModel.Heard;
import dev.cortex.room.RoomModel;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

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
  private static final String[] ORGS = Traffic.ORGS;
  private static final String[] AGENTS = Traffic.AGENTS;

  private final Schedule schedule;
  private final Random random;
  private final Faults faults;
  private final MemoryLog log;
  private final RoomModel room;
  private final Map<String, GatewayModel> gateways = new HashMap<>();
  private final List<Client> clients = new ArrayList<>();
  private final Map<Client, Map<String, Integer>> watchers = new HashMap<>();
  private final Traffic traffic;
  private final Reckoning reckoning;
  private boolean faulty;

  RoomSimulation(long seed, Faults faults) {
    this.schedule = new Schedule(seed);
    this.random = schedule.random();
    this.faults = faults;
    this.log = new MemoryLog(schedule);
    this.room = new RoomModel(log, SHARDS, random.nextBoolean() ? 100 : 2, 4_000, this::post, schedule);
    this.traffic = new Traffic(schedule, log, append -> room.ask(append));
    this.reckoning = new Reckoning(log);
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
      traffic.publish(List.of(traffic.draft(org)));
    }
    for (int i = 1; i < 20; i++) {
      schedule.after(i * 1_000_000L, room::tick);
    }
    schedule.run(TURNS_MAX);
    for (Client client : clients) {
      check(client);
    }
    traffic.check();
  }

  long losses() {
    return clients.stream().flatMap(client -> client.heard.stream()).mapToLong(heard -> heard.losses.size()).sum();
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
      traffic.publishSome();
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
      traffic.publishSome();
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
      Position end = Position.parse(Traffic.field(last, "cursor")).orElseThrow();
      client.since(channel, new Since.Cursor(new Position(end.logId(), random.nextLong(end.offset() + 1))));
    }
  }

  // ---- the reckoning

  private void check(Client client) {
    reckoning.check(client, org -> newcomers(client, org, Reckoning.of(client, org)));
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
}
