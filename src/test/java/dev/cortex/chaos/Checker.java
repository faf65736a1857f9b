package dev.cortex.chaos;

import dev.cortex.chaos.Journal.Answered;
import dev.cortex.chaos.Journal.Published;
import dev.cortex.testing.process.Seen;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Judges a run by what the clients wrote down and nothing else: every accepted event once at every subscriber, in the
 * order of offsets, sessions without a gap, no event under two offsets, repeats answered with the original's place.
 */
final class Checker {

  /**
   * What one subscriber got, in the order it came.
   *
   * @param channel what it asked for, without the org: empty for all, else a prefix of {@code agent:session}
   */
  record Log(String subscriber, String channel, List<Seen> events) {

    private boolean wants(String session) {
      return channel.isEmpty() || session.equals(channel) || session.startsWith(channel + ':');
    }
  }

  private record Place(long offset, long sequence) {}

  private final Map<String, Published> published = new HashMap<>();
  private final Map<String, Place> places = new HashMap<>();
  private final Map<Long, String> idAt = new HashMap<>();
  private final Set<String> accepted = new HashSet<>();
  private final List<String> faults = new ArrayList<>();

  private Checker() {}

  /** Everything that is wrong, one line each; empty when all promises were kept. */
  static List<String> faults(List<Published> published, List<Answered> answered, List<Log> logs) {
    Checker checker = new Checker();
    published.forEach(event -> checker.published.put(event.id(), event));
    answered.forEach(checker::answer);
    checker.published.keySet().stream()
        .filter(id -> !checker.places.containsKey(id))
        .forEach(id -> checker.faults.add(id + " never got a definite answer"));
    logs.forEach(checker::log);
    return checker.faults;
  }

  private void answer(Answered answer) {
    Place place = new Place(answer.offset(), answer.sequence());
    Place before = places.putIfAbsent(answer.id(), place);
    if (before != null && !before.equals(place)) {
      faults.add(answer.id() + " was answered " + place + " and " + before);
    }
    String other = idAt.putIfAbsent(answer.offset(), answer.id());
    if (other != null && !other.equals(answer.id())) {
      faults.add("offset " + answer.offset() + " was given to " + answer.id() + " and " + other);
    }
    if (answer.status().equals("accepted") && !accepted.add(answer.id())) {
      faults.add(answer.id() + " was accepted twice");
    }
    Published event = published.get(answer.id());
    if (event == null) {
      faults.add(answer.id() + " was answered and never sent");
    } else if (event.sequence() != 0 && event.sequence() != answer.sequence()) {
      faults.add(answer.id() + " asked for sequence " + event.sequence() + ", got " + answer.sequence());
    }
  }

  private void log(Log log) {
    Set<String> ids = new HashSet<>();
    Map<String, Long> sequences = new HashMap<>();
    long last = 0;
    for (Seen seen : log.events()) {
      String what = log.subscriber() + ": " + seen;
      if (seen.offset() <= last) {
        faults.add(what + " came after offset " + last);
      } else if (log.channel().isEmpty() && seen.offset() != last + 1) {
        faults.add(what + " came after offset " + last + ": a gap");
      }
      last = seen.offset();
      if (!ids.add(seen.id())) {
        faults.add(what + " came twice");
      }
      known(what, seen);
      if (!log.wants(seen.session())) {
        faults.add(what + " was not asked for");
      }
      if (!seen.session().isEmpty()) {
        long before = sequences.getOrDefault(seen.session(), 0L);
        if (seen.sequence() != before + 1) {
          faults.add(what + " came after sequence " + before);
        }
        sequences.put(seen.session(), seen.sequence());
      }
    }
    places.keySet().stream()
        .filter(id -> published.containsKey(id) && log.wants(published.get(id).session()) && !ids.contains(id))
        .forEach(id -> faults.add(log.subscriber() + ": never got " + id + " at " + places.get(id)));
  }

  private void known(String what, Seen seen) {
    Published event = published.get(seen.id());
    if (event == null) {
      faults.add(what + " was never sent");
      return;
    }
    if (!event.session().equals(seen.session()) || event.payload() != seen.payload()) {
      faults.add(what + " is not what was sent: " + event);
    }
    Place place = places.get(seen.id());
    if (place != null && (place.offset() != seen.offset() || place.sequence() != seen.sequence())) {
      faults.add(what + " was answered " + place);
    }
  }
}
