package dev.cortex.sim;

import static dev.cortex.sim.SimulatedDesktop.ORG;
import static dev.cortex.sim.Traffic.require;

import dev.cortex.bus.Message;
import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.Appended;
import dev.cortex.event.Desktop;
import dev.cortex.event.Draft;
import dev.cortex.event.LeftOut;
import dev.cortex.event.Outcome;
import dev.cortex.event.Priority;
import dev.cortex.event.StoredEvent;
import dev.cortex.log.LocalOutbox.Aside;
import dev.cortex.log.OutboxRef;
import dev.cortex.room.RoomModel;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/** One history of a cloud and two desktops that publish, send and fetch for two seconds, then become quiet. */
final class SyncSimulation {

  /** Who writes what. */
  enum Sessions {
    /** Every session is written in one place. */
    OWN,
    /** Some are written wherever chance has it. */
    CONTESTED,
    /** Every session is written in one place, and what the cloud refuses is given up. */
    GIVEN_UP
  }

  private static final int TURNS_MAX = 400_000;
  private static final long LIFE_US = 2_000_000;
  private static final String REFUSED_FOR_NOW = "bad";

  private final Schedule schedule;
  private final Random random;
  private final Sessions sessions;
  private final MemoryLog cloudLog;
  private final List<SimulatedDesktop> desktops = new ArrayList<>();
  private final Map<String, Set<String>> acceptedAt = new TreeMap<>();
  private RoomModel cloud;
  private int cloudLife;
  private int drafts;
  private boolean faulty = true;
  private int refused;

  SyncSimulation(long seed, Sessions sessions) {
    this.schedule = new Schedule(seed);
    this.random = schedule.random();
    this.sessions = sessions;
    this.cloudLog = new MemoryLog(schedule);
    restartCloud();
    for (String name : List.of("laptop", "tower")) {
      desktops.add(new SimulatedDesktop(
          name, schedule, this::askCloud, draft -> faulty && draft.type().equals(REFUSED_FOR_NOW)));
    }
  }

  /** Plays the history and compares the logs. */
  void play() {
    schedule.runFor(100_000, TURNS_MAX);
    logs().forEach(log -> log.failing(20));
    for (int i = 0; i < 60 + random.nextInt(100); i++) {
      schedule.after(random.nextLong(LIFE_US), this::act);
    }
    schedule.runFor(LIFE_US, TURNS_MAX);
    faulty = false;
    logs().forEach(log -> log.failing(0));
    settle();
    desktops.forEach(desktop -> refused += desktop.outbox.refused(ORG).size());
    if (sessions == Sessions.GIVEN_UP) {
      desktops.forEach(SimulatedDesktop::giveUp);
      settle();
    }
    desktops.forEach(SimulatedDesktop::sendAgain);
    settle();
    check();
  }

  /** How many events the cloud had refused when everything became quiet. */
  int refused() {
    return refused;
  }

  /** Marks of events that were left out in the cloud's log. */
  long leftOut() {
    return cloudLog.history(ORG).stream()
        .filter(event -> Traffic.field(event, "type").equals(LeftOut.TYPE))
        .count();
  }

  /** Events in the cloud's log. */
  int stored() {
    return cloudLog.history(ORG).size();
  }

  private List<MemoryLog> logs() {
    return List.of(cloudLog, desktops.get(0).log, desktops.get(1).log);
  }

  private void settle() {
    for (int i = 0; i < 300; i++) {
      desktops.forEach(SimulatedDesktop::send);
      desktops.forEach(SimulatedDesktop::pull);
      schedule.runFor(30_000, TURNS_MAX);
    }
  }

  // ---- what happens

  private void restartCloud() {
    cloudLife++;
    cloud = RoomModel.cloud("cloud" + cloudLife, cloudLog, schedule);
    startCloud(cloudLife);
  }

  private void startCloud(int life) {
    if (life == cloudLife) {
      cloud.start(1).onFailure(failure -> schedule.after(10_000, () -> startCloud(life)));
    }
  }

  private void act() {
    SimulatedDesktop desktop = desktops.get(random.nextInt(2));
    int what = random.nextInt(100);
    if (what < 40) {
      publish(desktop.name, desktop::ask);
    } else if (what < 50) {
      publish("cloud", message -> askCloud("safe", message));
    } else if (what < 75) {
      desktop.send();
    } else if (what < 92) {
      desktop.pull();
    } else if (what < 94) {
      desktop.restart();
    } else if (what < 96) {
      restartCloud();
    } else if (what < 98 && sessions == Sessions.GIVEN_UP) {
      desktop.giveUp();
    } else if (what < 98) {
      desktop.sendAgain();
    } else {
      cloudLog.forgetKeysOfArrivals();
    }
  }

  /** The line to the cloud: requests and answers get lost, late, twice and out of order when it is lossy. */
  private Future<? extends Message> askCloud(String line, Message message) {
    boolean lossy = faulty && line.equals("lossy");
    Promise<Message> answer = Promise.promise();
    int life = cloudLife;
    schedule.after(400_000, () -> answer.tryFail("no answer in time"));
    if (lossy && schedule.chance(150)) {
      schedule.after(random.nextLong(600_000), () -> cloud.ask(message)); // late, or twice
    }
    if (lossy && schedule.chance(100)) {
      return answer.future();
    }
    boolean answerIsLost = lossy && schedule.chance(150);
    schedule.after(random.nextLong(20_000), () -> cloud.ask(message).onComplete(done -> {
      if (answerIsLost || life != cloudLife) {
        return;
      }
      schedule.after(random.nextLong(20_000), () -> {
        if (done.succeeded()) {
          answer.tryComplete(done.result());
        } else {
          answer.tryFail(done.cause());
        }
      });
    }));
    return answer.future();
  }

  private void publish(String where, Function<Message, Future<? extends Message>> room) {
    List<Draft> batch = new ArrayList<>();
    for (int i = 0; i < 1 + random.nextInt(4); i++) {
      batch.add(draft(where));
    }
    publish(where, batch, room);
  }

  private Draft draft(String where) {
    boolean session = random.nextInt(3) > 0;
    boolean contested = sessions == Sessions.CONTESTED && random.nextInt(3) == 0;
    String type = !where.equals("cloud") && random.nextInt(12) == 0 ? REFUSED_FOR_NOW : "t";
    return new Draft(
        "e" + drafts++ + "e", true, ORG, "u", type, "{}".getBytes(StandardCharsets.UTF_8), 1, session ? "a" : "",
        session ? (contested ? "shared" : where + random.nextInt(2)) : "", 0, "", Priority.STANDARD, "");
  }

  /** A producer that repeats what was not answered for; after a restart it asks the one that came then. */
  private void publish(String where, List<Draft> batch, Function<Message, Future<? extends Message>> room) {
    Promise<Message> answered = Promise.promise();
    room.apply(new Append(ORG, batch)).onComplete(done -> {
      if (done.succeeded()) {
        answered.tryComplete(done.result());
      } else {
        answered.tryFail(done.cause());
      }
    });
    schedule.after(500_000, () -> answered.tryFail("no answer"));
    answered.future().onComplete(answer -> {
      List<Draft> again = new ArrayList<>();
      for (int i = 0; i < batch.size(); i++) {
        Outcome outcome = answer.succeeded() ? ((Appended) answer.result()).outcomes().get(i) : null;
        if (outcome == null || outcome.status() == Outcome.Status.UNKNOWN) {
          again.add(batch.get(i));
        } else if (outcome.error().isEmpty()) {
          acceptedAt.computeIfAbsent(where, absent -> new TreeSet<>()).add(batch.get(i).id());
        } else {
          require(sessions == Sessions.CONTESTED, "refused: " + outcome);
        }
      }
      if (!again.isEmpty()) {
        schedule.after(10_000, () -> publish(where, again, room));
      }
    });
  }

  // ---- the reckoning

  private void check() {
    List<String> inCloud = SimulatedDesktop.ids(cloudLog.history(ORG));
    require(new HashSet<>(inCloud).size() == inCloud.size(), "the cloud has an event twice: " + inCloud);
    require(inCloud.containsAll(acceptedAt.getOrDefault("cloud", Set.of())), "the cloud lost events of its own");
    for (SimulatedDesktop desktop : desktops) {
      for (AssertionError error : desktop.broken()) {
        throw error;
      }
      List<String> here = SimulatedDesktop.ids(desktop.log.history(ORG));
      require(new HashSet<>(here).size() == here.size(), desktop.name + " has an event twice: " + here);
      List<String> marks = here.stream().map(id -> LeftOut.id(ORG, id)).filter(inCloud::contains).toList();
      List<String> wanted = minus(inCloud, marks);
      require(here.containsAll(wanted), desktop.name + " lacks " + minus(wanted, here));
      List<String> aside = desktop.outbox.refused(ORG).stream().map(Aside::id).toList();
      List<String> lost = minus(acceptedAt.getOrDefault(desktop.name, Set.of()), inCloud);
      lost.removeAll(leftOut(desktop, inCloud));
      require(aside.containsAll(lost), "the cloud lacks " + minus(lost, aside) + " of " + desktop.name);
      require(lost.containsAll(aside), "set aside and in the cloud: " + minus(aside, lost));
      require(sessions == Sessions.CONTESTED || aside.isEmpty(), desktop.name + " is left with " + aside);
      require(desktop.outbox.unconfirmed(ORG) == 0, desktop.name + " is not done");
      long head = desktop.log.org(ORG).outboxHead;
      long mark = cloudLog.mark(new OutboxRef(ORG, new Desktop(desktop.name, "i1")));
      require(mark == head, desktop.name + " numbered up to " + head + ", the cloud took " + mark);
      require(desktop.grewTo() == head, "the bridge was told of " + desktop.grewTo() + " of " + head);
      require(desktop.log.cursor(ORG).map(cursor -> cursor.offset() == inCloud.size()).orElse(inCloud.isEmpty()),
          "the cursor stands at " + desktop.log.cursor(ORG));
      checkOrder(desktop.name, desktop.log.history(ORG));
    }
    checkOrder("the cloud", cloudLog.history(ORG));
  }

  /** Events that were given up: the cloud has a mark of each that has a session, and never the event itself. */
  private static List<String> leftOut(SimulatedDesktop desktop, List<String> inCloud) {
    List<String> out = new ArrayList<>();
    for (StoredEvent event : desktop.log.history(ORG)) {
      String id = Traffic.field(event, "id");
      boolean marked = inCloud.contains(LeftOut.id(ORG, id));
      require(!marked || !inCloud.contains(id), id + " was left out and sent");
      boolean aside = desktop.outbox.refused(ORG).stream().anyMatch(one -> one.id().equals(id));
      if (marked || (event.sessionId().isEmpty() && desktop.givenUp().contains(id) && !aside)) {
        out.add(id);
      }
    }
    return out;
  }

  /** A session that is written in one place counts 1, 2, 3 … in every log. */
  private void checkOrder(String where, List<StoredEvent> history) {
    Map<String, Long> last = new TreeMap<>();
    for (StoredEvent event : history) {
      if (!event.sessionId().isEmpty() && !event.sessionId().equals("shared")) {
        long before = last.getOrDefault(event.sessionId(), 0L);
        require(event.sequence() == before + 1,
            where + ": session " + event.sessionId() + " has " + event.sequence() + " after " + before);
        last.put(event.sessionId(), event.sequence());
      }
    }
  }

  private static List<String> minus(Iterable<String> some, Iterable<String> others) {
    List<String> left = new ArrayList<>();
    some.forEach(left::add);
    others.forEach(left::remove);
    return left;
  }
}
