package dev.cortex.ingest;

import dev.cortex.base.Clock;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Directory.Place;
import dev.cortex.bus.Message.Appended;
import dev.cortex.bus.RoomCalls;
import dev.cortex.event.Draft;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Appends on their way to their rooms, one line an org. As long as a room stays where it is, they go there one behind
 * the other without waiting for answers. When it moves, or does not answer, what is open is asked for again at the next
 * owner while later appends of that org wait behind, so that none overtakes another; other orgs do not notice. To be
 * used on one context.
 */
final class Lines {

  private static final int WAITING_EVENTS_MAX = 50_000;
  private static final long WAITING_BYTES_MAX = Math.min(64L << 20, Runtime.getRuntime().maxMemory() / 16);

  /** An append and who waits for its answer. */
  private record Errand(long number, OpenAppend append, Promise<Appended> answer) {}

  private static final class Line {
    private final String orgId;
    private final Waitlist.Share share = new Waitlist.Share();
    private final TreeMap<Long, Errand> waiting = new TreeMap<>();
    private final TreeMap<Long, Errand> underWay = new TreeMap<>();
    private Place asked = new Place("", 0);
    /** Whether the last answer sent us elsewhere, and nothing is to be asked before a pause. */
    private boolean astray;
    private boolean pausing;

    private Line(String orgId) {
      this.orgId = orgId;
    }

    private boolean hasEarlierThan(Errand errand) {
      return !underWay.headMap(errand.number()).isEmpty() || !waiting.headMap(errand.number()).isEmpty();
    }
  }

  private final RoomCalls rooms;
  private final Directory directory;
  private final Metrics metrics;
  private final Clock clock;
  private final long budgetNs;
  private final Waitlist waitlist;
  private final Map<String, Line> lines = new HashMap<>();
  /** By shard: where a room answered last as the owner. Only there may more than one append be under way. */
  private final Map<Integer, Place> proven = new HashMap<>();
  private long numbers;
  private boolean closed;

  /**
   * Lines to the rooms of a directory.
   *
   * @param budgetMs how long an append is asked for
   */
  Lines(RoomCalls rooms, Metrics metrics, Clock clock, long budgetMs) {
    this(rooms, metrics, clock, budgetMs, new Waitlist(WAITING_EVENTS_MAX, WAITING_BYTES_MAX));
  }

  /** Lines with another bound. */
  Lines(RoomCalls rooms, Metrics metrics, Clock clock, long budgetMs, Waitlist waitlist) {
    this.rooms = rooms;
    this.directory = rooms.directory();
    this.metrics = metrics;
    this.clock = clock;
    this.budgetNs = TimeUnit.MILLISECONDS.toNanos(budgetMs);
    this.waitlist = waitlist;
  }

  /** Appends events of one org. Never fails: what could not be stored is refused, each event by itself. */
  Future<Appended> append(String orgId, List<Draft> drafts) {
    Line line = lines.computeIfAbsent(orgId, Line::new);
    OpenAppend append = new OpenAppend(orgId, drafts, clock.monotonicNs() + budgetNs);
    Errand errand = new Errand(numbers++, append, Promise.promise());
    if (closed) {
      end(errand, ErrorCode.SHUTTING_DOWN, ErrorCode.SHUTTING_DOWN.sentence());
    } else if (line.waiting.isEmpty() && isFree(line)) {
      ask(line, errand);
      return errand.answer().future();
    } else if (waitlist.fits(line.share, append.events(), append.bytes())) {
      await(line, errand);
    } else {
      end(errand, ErrorCode.OVERLOADED, ErrorCode.OVERLOADED.sentence());
    }
    forgetIfDone(line);
    return errand.answer().future();
  }

  /** Ends what waits; what is under way is answered, but not asked for again. */
  void close() {
    closed = true;
    List.copyOf(lines.values()).forEach(this::goOn);
  }

  /** Events that wait for their room to be found. */
  int waitingEvents() {
    return waitlist.events();
  }

  /** Orgs of which something is under way or waits. */
  int size() {
    return lines.size();
  }

  /** Whether the next append may go now: to where all others of its org are, and where it cannot overtake one. */
  private boolean isFree(Line line) {
    if (line.astray) {
      return false;
    }
    if (line.underWay.isEmpty() || directory.isFixed()) {
      return true;
    }
    Place place = directory.placeOf(line.orgId);
    return place.equals(line.asked) && place.equals(proven.get(shardOf(line)));
  }

  private void ask(Line line, Errand errand) {
    Place place = directory.placeOf(line.orgId);
    line.asked = place;
    line.underWay.put(errand.number(), errand);
    long leftMs = TimeUnit.NANOSECONDS.toMillis(errand.append().leftNs(clock.monotonicNs()));
    rooms
        .askNode(place.node(), errand.append().question(), Appended.class, rooms.attemptMs(place.node(), leftMs))
        .onComplete(
            answer -> answered(line, errand, place, answer),
            failure -> failed(line, errand, place, (RefusedException) failure));
  }

  private void answered(Line line, Errand errand, Place place, Appended answer) {
    line.underWay.remove(errand.number());
    errand.append().take(answer, line.hasEarlierThan(errand));
    if (!errand.append().isSettled()) {
      lost(line, place);
    } else if (!directory.isFixed()) {
      proven.put(shardOf(line), place);
    }
    back(line, errand);
  }

  private void failed(Line line, Errand errand, Place place, RefusedException refused) {
    line.underWay.remove(errand.number());
    if (rooms.isElsewhere(place.node(), refused.code())) {
      lost(line, place);
    } else if (refused.code() == ErrorCode.TIMEOUT) {
      errand.append().doubt();
      lost(line, place);
    } else {
      refuse(errand, refused.code(), refused.getMessage());
    }
    back(line, errand);
  }

  private void lost(Line line, Place place) {
    proven.remove(shardOf(line), place);
    line.astray = true;
  }

  private void back(Line line, Errand errand) {
    if (errand.append().isSettled()) {
      errand.answer().complete(errand.append().answer());
    } else {
      await(line, errand);
    }
    goOn(line);
  }

  private void goOn(Line line) {
    endOverdue(line);
    if (line.astray && line.underWay.isEmpty() && !line.pausing) {
      if (line.waiting.isEmpty()) {
        line.astray = false;
      } else {
        pause(line);
      }
    }
    while (!line.waiting.isEmpty() && isFree(line)) {
      Errand next = line.waiting.pollFirstEntry().getValue();
      waitlist.remove(line.share, next.append().events(), next.append().bytes());
      ask(line, next);
    }
    forgetIfDone(line);
  }

  private void pause(Line line) {
    line.pausing = true;
    OpenAppend first = line.waiting.firstEntry().getValue().append();
    long leftMs = TimeUnit.NANOSECONDS.toMillis(first.leftNs(clock.monotonicNs()));
    rooms.pause(line.orgId, line.asked, leftMs).onSuccess(over -> {
      line.pausing = false;
      line.astray = false;
      goOn(line);
    });
  }

  /** In their order: whoever came first is overdue first. */
  private void endOverdue(Line line) {
    long nowNs = clock.monotonicNs();
    List<Errand> overdue = new ArrayList<>();
    while (!line.waiting.isEmpty()) {
      Errand first = line.waiting.firstEntry().getValue();
      if (!closed && TimeUnit.NANOSECONDS.toMillis(first.append().leftNs(nowNs)) > 0) {
        break;
      }
      line.waiting.pollFirstEntry();
      waitlist.remove(line.share, first.append().events(), first.append().bytes());
      overdue.add(first);
    }
    ErrorCode code = closed ? ErrorCode.SHUTTING_DOWN : ErrorCode.MOVED;
    for (Errand errand : overdue) {
      end(errand, code, code.sentence() + " Repeat it with the same id.");
    }
  }

  private void await(Line line, Errand errand) {
    line.waiting.put(errand.number(), errand);
    waitlist.add(line.share, errand.append().events(), errand.append().bytes());
  }

  private void end(Errand errand, ErrorCode code, String message) {
    refuse(errand, code, message);
    errand.answer().complete(errand.append().answer());
  }

  private void refuse(Errand errand, ErrorCode code, String message) {
    ErrorCode told = errand.append().isInDoubt() ? ErrorCode.TIMEOUT : code;
    metrics.refused(told.code(), errand.append().events());
    errand.append().refuse(code, message);
  }

  private void forgetIfDone(Line line) {
    if (line.underWay.isEmpty() && line.waiting.isEmpty() && !line.pausing) {
      lines.remove(line.orgId, line);
    }
  }

  private int shardOf(Line line) {
    return directory.shardMap().shardOf(line.orgId);
  }
}
