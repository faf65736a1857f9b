package dev.cortex.chaos.sync;

import dev.cortex.base.Pure;
import dev.cortex.testing.process.Seen;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Judges logs that are to hold the same events: each accepted one exactly once and unaltered, sessions in order and
 * without a gap, offsets without a gap, and what was born in one place in the order in which it was born there.
 */
@Pure
final class Judge {

  /** Faults that are shown one by one; the rest is counted. */
  private static final int SHOWN_MAX = 40;

  /**
   * A log as somebody read it.
   *
   * @param reader who that was
   * @param whole whether it was read from its beginning, so that everything is to be in it
   */
  record Log(String reader, List<Seen> events, boolean whole) {}

  /**
   * What came out.
   *
   * @param lost events that are missing in a log
   * @param twice events that are in a log again
   * @param disordered events that are not where they belong
   * @param others anything else that is wrong: altered or unknown events
   * @param faults the first of everything that is wrong, one line each
   */
  record Verdict(int accepted, int lost, int twice, int disordered, int others, List<String> faults) {

    /** Whether every promise was kept. */
    boolean good() {
      return lost + twice + disordered + others == 0;
    }

    @Override
    public String toString() {
      return String.format(
          "%,d events accepted; lost %d, twice %d, out of order %d, other %d",
          accepted, lost, twice, disordered, others);
    }
  }

  private final Map<String, Born> born = new HashMap<>();
  private final List<String> faults = new ArrayList<>();
  private int lost;
  private int twice;
  private int disordered;
  private int others;

  private Judge() {}

  /**
   * Judges logs by what was accepted.
   *
   * @param complaints what producers and readers saw that nobody should see
   */
  static Verdict of(List<Born> accepted, List<Log> logs, List<String> complaints) {
    Judge judge = new Judge();
    complaints.forEach(judge::other);
    for (Born event : accepted) {
      if (judge.born.putIfAbsent(event.id(), event) != null) {
        judge.twice++;
        judge.fault(event.id() + " was accepted twice");
      }
    }
    logs.forEach(judge::judge);
    return new Verdict(
        judge.born.size(), judge.lost, judge.twice, judge.disordered, judge.others, List.copyOf(judge.faults));
  }

  private void judge(Log log) {
    Set<String> ids = new HashSet<>();
    Map<String, Long> sequences = new HashMap<>();
    Map<String, Long> offsetsByPlace = new HashMap<>();
    long last = log.whole() || log.events().isEmpty() ? 0 : log.events().get(0).offset() - 1;
    for (Seen seen : log.events()) {
      String what = log.reader() + ": " + seen;
      if (seen.offset() != last + 1) {
        disordered(what + " came after offset " + last);
      }
      last = Math.max(last, seen.offset());
      if (!ids.add(seen.id())) {
        twice++;
        fault(what + " came twice");
      } else {
        sequence(what, seen, sequences, log.whole());
        origin(what, seen, offsetsByPlace);
      }
    }
    for (Born event : born.values()) {
      if (log.whole() && !ids.contains(event.id())) {
        lost++;
        fault(log.reader() + ": never got " + event);
      }
    }
  }

  private void sequence(String what, Seen seen, Map<String, Long> sequences, boolean whole) {
    if (!seen.session().isEmpty()) {
      long before = sequences.getOrDefault(seen.session(), whole ? 0 : seen.sequence() - 1);
      if (seen.sequence() != before + 1) {
        disordered(what + " came after sequence " + before);
      }
      sequences.put(seen.session(), seen.sequence());
    }
  }

  private void origin(String what, Seen seen, Map<String, Long> offsetsByPlace) {
    Born event = born.get(seen.id());
    if (event == null) {
      other(what + " was never accepted");
      return;
    }
    if (!event.session().equals(seen.session())
        || event.sequence() != seen.sequence()
        || event.payload() != seen.payload()) {
      other(what + " is not what was accepted: " + event);
    }
    long before = offsetsByPlace.getOrDefault(event.place(), 0L);
    if (event.offset() <= before) {
      disordered(what + " came after what was at " + before + " where it was born: " + event);
    }
    offsetsByPlace.merge(event.place(), event.offset(), Math::max);
  }

  private void disordered(String what) {
    disordered++;
    fault(what);
  }

  private void other(String what) {
    others++;
    fault(what);
  }

  private void fault(String what) {
    if (faults.size() < SHOWN_MAX) {
      faults.add(what);
    }
  }
}
