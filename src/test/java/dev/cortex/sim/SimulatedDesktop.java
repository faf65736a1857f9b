package dev.cortex.sim;

import static dev.cortex.sim.Traffic.require;

import dev.cortex.bus.Message;
import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.Appended;
import dev.cortex.bus.Message.AskHead;
import dev.cortex.bus.Message.AskSyncState;
import dev.cortex.bus.Message.ConfirmOutbox;
import dev.cortex.bus.Message.GiveUp;
import dev.cortex.bus.Message.Head;
import dev.cortex.bus.Message.OutboxGrew;
import dev.cortex.bus.Message.OutboxPage;
import dev.cortex.bus.Message.Outgoing;
import dev.cortex.bus.Message.Page;
import dev.cortex.bus.Message.Read;
import dev.cortex.bus.Message.ReadOutbox;
import dev.cortex.bus.Message.Refusal;
import dev.cortex.bus.Message.SendAgain;
import dev.cortex.bus.Message.SyncState;
import dev.cortex.bus.Source;
import dev.cortex.event.Channel;
import dev.cortex.event.Desktop;
import dev.cortex.event.Draft;
import dev.cortex.event.EnvelopeReader;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.event.Parsed;
import dev.cortex.event.Position;
import dev.cortex.event.RefusedException;
import dev.cortex.event.StoredEvent;
import dev.cortex.log.LocalOutbox.Aside;
import dev.cortex.room.RoomModel;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Predicate;

/** A desktop that syncs one org with a cloud by the rules, over a bad line, and is restarted now and then. */
final class SimulatedDesktop {

  static final String ORG = "acme";
  private static final int BYTES_MAX = 1 << 20;
  private static final EnvelopeReader READER = new EnvelopeReader(1 << 16);

  final String name;
  final MemoryLog log;
  final MemoryOutbox outbox;
  private final Schedule schedule;
  private final Random random;
  private final BiFunction<String, Message, Future<? extends Message>> cloud;
  private final Predicate<Draft> refusedAtDoor;
  private RoomModel room;
  private final Set<String> givenUp = new TreeSet<>();
  private int life;
  private boolean sending;
  private boolean pulling;
  private boolean anew;
  private long grewTo;
  private final List<AssertionError> broken = new ArrayList<>();

  /**
   * A desktop that was just installed.
   *
   * @param cloud asks the room of the cloud, over a line of that quality: {@code safe} or {@code lossy}
   * @param refusedAtDoor what the cloud's door does not take
   */
  SimulatedDesktop(
      String name,
      Schedule schedule,
      BiFunction<String, Message, Future<? extends Message>> cloud,
      Predicate<Draft> refusedAtDoor) {
    this.name = name;
    this.schedule = schedule;
    this.random = schedule.random();
    this.cloud = cloud;
    this.refusedAtDoor = refusedAtDoor;
    this.log = new MemoryLog(schedule);
    this.outbox = new MemoryOutbox(log, name);
    restart();
  }

  /** What was under way is forgotten; what is in the log is not. */
  void restart() {
    life++;
    sending = false;
    pulling = false;
    room = RoomModel.desktop(name + life, log, outbox, Set.of(ORG), this::hear, schedule);
    start(life);
  }

  private void start(int mine) {
    if (mine == life) {
      room.start(1).onFailure(failure -> schedule.after(10_000, () -> start(mine)));
    }
  }

  private void hear(String address, Message message) {
    if (message instanceof OutboxGrew grew) {
      require(grew.outboxHead() <= log.org(ORG).outboxHead, "the outbox did not grow to " + grew);
      grewTo = Math.max(grewTo, grew.outboxHead());
    }
  }

  /** The highest number of which the bridge was told. */
  long grewTo() {
    return grewTo;
  }

  /** Asks its room; whoever asked before a restart hears nothing. */
  Future<Message> ask(Message message) {
    int mine = life;
    Promise<Message> answer = Promise.promise();
    room.ask(message).onComplete(done -> {
      if (mine != life) {
        return;
      }
      if (done.succeeded()) {
        answer.complete(done.result());
      } else {
        answer.fail(done.cause());
      }
    });
    return answer.future();
  }

  /** Sends what the cloud does not have, unless that is going on. */
  void send() {
    if (sending) {
      return;
    }
    sending = true;
    int mine = life;
    ask(new AskSyncState(ORG))
        .compose(state -> {
          long after = ((SyncState) state).outboxConfirmed();
          return ask(new ReadOutbox(ORG, after, 1 + random.nextInt(8), BYTES_MAX))
              .compose(page -> send(after, ((OutboxPage) page).events()));
        })
        .onComplete(done -> {
          note(done.cause());
          if (mine == life) {
            sending = false;
          }
        });
  }

  private Future<Message> send(long after, List<Outgoing> events) {
    if (events.isEmpty()) {
      return Future.failedFuture("nothing to send");
    }
    Desktop desktop = outbox.desktop();
    List<Draft> drafts = new ArrayList<>();
    List<Source.Refused> atDoor = new ArrayList<>();
    for (int i = 0; i < events.size(); i++) {
      require(events.get(i).number() == after + 1 + i, "a hole in the outbox after " + after + ": " + events);
      Draft draft = read(events.get(i).json());
      if (refusedAtDoor.test(draft)) {
        atDoor.add(new Source.Refused(
            events.get(i).number(), draft.agentId(), draft.sessionId(), draft.sequence(),
            Outcome.refused(draft.id(), ErrorCode.FORBIDDEN, "not now")));
      } else {
        drafts.add(draft);
      }
    }
    Append append = new Append(ORG, drafts, new Source.Outbox(desktop, "user u", after + 1, atDoor));
    return cloud.apply("lossy", append).compose(answer -> {
      List<Outcome> outcomes = ((Appended) answer).outcomes();
      require(outcomes.size() == events.size(), "answers for " + outcomes.size() + " of " + events.size());
      int known = 0;
      List<Refusal> refused = new ArrayList<>();
      while (known < outcomes.size() && outcomes.get(known).status() != Outcome.Status.UNKNOWN) {
        Outcome outcome = outcomes.get(known);
        require(outcome.id().equals(events.get(known).id()), "the answer is for another event: " + outcome);
        outcome.error().ifPresent(code -> {
          require(code != ErrorCode.OUTBOX_GAP, "a gap: " + outcome);
          refused.add(new Refusal(after + 1 + refusedAt(outcomes, outcome), code.code(), outcome.message()));
        });
        known++;
      }
      return ask(new ConfirmOutbox(ORG, desktop.incarnation(), after + known, refused));
    });
  }

  private static int refusedAt(List<Outcome> outcomes, Outcome outcome) {
    return outcomes.indexOf(outcome);
  }

  /** Fetches what the cloud has, unless that is going on; ranges may begin before the cursor. */
  void pull() {
    if (pulling) {
      return;
    }
    pulling = true;
    int mine = life;
    ask(new AskSyncState(ORG))
        .compose(state -> cloud.apply("safe", new AskHead(ORG)).compose(head -> {
          Position begin = new Position(((Head) head).position().logId(), 0);
          Position from = anew ? begin : ((SyncState) state).cursor().orElse(begin);
          long after = Math.max(0, from.offset() - random.nextInt(3));
          Channel all = new Channel(ORG, "", "");
          return cloud
              .apply("safe", new Read("", all, from.logId(), after, 1 + random.nextInt(6), BYTES_MAX))
              .compose(page -> apply(from.logId(), after, (Page) page));
        }))
        .onComplete(done -> {
          note(done.cause());
          if (mine == life) {
            pulling = false;
          }
        });
  }

  private void note(Throwable failure) {
    if (failure instanceof AssertionError error) {
      broken.add(error);
    } else if (failure instanceof RefusedException refused && refused.code() == ErrorCode.CURSOR_LOG_CHANGED) {
      anew = true;
    }
  }

  /** What was found wrong on the way. */
  List<AssertionError> broken() {
    return broken;
  }

  private Future<Message> apply(String logId, long after, Page page) {
    List<Draft> drafts = page.events().stream()
        .filter(event -> !event.origin().equals(outbox.desktop().text()))
        .map(event -> read(event.json()))
        .toList();
    if (!drafts.isEmpty() && random.nextInt(4) == 0) {
      ask(new Append(ORG, drafts.subList(0, 1), new Source.Single()));
    }
    Append append =
        new Append(ORG, drafts, new Source.Cloud(ORG, logId, after, page.through(), anew));
    if (random.nextInt(4) == 0) {
      schedule.after(random.nextLong(200_000), () -> ask(append));
    }
    return ask(append).map(answer -> {
      ((Appended) answer).cursor().ifPresent(cursor -> {
        require(cursor.logId().equals(logId) && cursor.offset() >= page.through(),
            "the cursor is at " + cursor + " after " + append.source());
        anew = false;
      });
      return answer;
    });
  }

  /** Sends what was set aside once more. */
  void sendAgain() {
    ask(new SendAgain(ORG, List.of()));
  }

  /** Gives up what the cloud refused for itself, so that what waits behind it goes on. */
  void giveUp() {
    List<String> ids = outbox.refused(ORG).stream()
        .filter(aside -> !aside.code().equals(ErrorCode.SEQUENCE_CONFLICT.code()))
        .map(Aside::id)
        .toList();
    if (!ids.isEmpty()) {
      givenUp.addAll(ids);
      ask(new GiveUp(ORG, ids));
    }
  }

  /** Ids of what was to be given up; whether it was depends on the store. */
  Set<String> givenUp() {
    return givenUp;
  }

  private static Draft read(byte[] json) {
    return ((Parsed.Valid) READER.readEvent(json)).draft();
  }

  /** Ids in the order of the log. */
  static List<String> ids(List<StoredEvent> events) {
    return events.stream().map(event -> Traffic.field(event, "id")).toList();
  }
}
