package dev.cortex.chaos.cluster;

import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Judges a run by what the clients wrote down and nothing else: every accepted event exactly once at every subscriber
 * of its channel, in the order of offsets, orgs without a gap, sessions in order, no event under two offsets and no
 * offset given twice, and nobody told anything that a client should never see.
 */
final class Judge {

  /** Faults that are shown one by one; the rest is counted. */
  private static final int SHOWN_MAX = 40;

  private record Sent(String org, String session, long sequence, int payload) {}

  private record Place(long offset, long sequence) {}

  private final Map<String, Sent> sent = new HashMap<>();
  private final Map<String, Place> places = new HashMap<>();
  private final Map<String, String> idAt = new HashMap<>();
  private final Set<String> accepted = new HashSet<>();
  private final Map<String, Set<String>> idsByOrg = new HashMap<>();
  private final List<String> faults = new ArrayList<>();
  private long events;
  private long lost;
  private long duplicated;
  private long reordered;
  private long complaints;
  private long others;
  private long received;
  private long pauseMsMax;
  private String pausedMost = "";
  private final List<Long> latenciesMs = new ArrayList<>();

  /**
   * What came out.
   *
   * @param events accepted events
   * @param received events received by all subscribers
   * @param lost events that a subscriber never got
   * @param duplicated events that a subscriber got again, or that were stored twice
   * @param reordered events that came after a later one, or before one that is missing before them
   * @param complaints answers that a client should never see
   * @param others anything else that is wrong: altered, misplaced or without an answer
   * @param pauseMsMax longest time without an event at any subscriber, while events were published
   * @param pausedMost who that was
   * @param latenciesMs from the first attempt to publish to the answer, sorted
   * @param faults the first of everything that is wrong, one line each
   */
  record Verdict(
      long events,
      long received,
      long lost,
      long duplicated,
      long reordered,
      long complaints,
      long others,
      long pauseMsMax,
      String pausedMost,
      long[] latenciesMs,
      List<String> faults) {

    /** Whether every promise was kept. */
    boolean good() {
      return lost + duplicated + reordered + complaints + others == 0;
    }
  }

  /** Reads every diary of a folder: {@code producers.jsonl} and one {@code s*.jsonl} a subscriber. */
  static Verdict of(Path folder) throws IOException {
    Judge judge = new Judge();
    judge.producers(folder.resolve("producers.jsonl"));
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(each -> each.getFileName().toString().matches("s\\d+\\.jsonl")).sorted().toList()) {
        judge.subscriber(file);
      }
    }
    return new Verdict(
        judge.events,
        judge.received,
        judge.lost,
        judge.duplicated,
        judge.reordered,
        judge.complaints,
        judge.others,
        judge.pauseMsMax,
        judge.pausedMost,
        judge.latenciesMs.stream().mapToLong(Long::longValue).sorted().toArray(),
        judge.faults);
  }

  private void fault(String what) {
    if (faults.size() < SHOWN_MAX) {
      faults.add(what);
    }
  }

  private void other(String what) {
    others++;
    fault(what);
  }

  private void producers(Path file) throws IOException {
    try (BufferedReader lines = Files.newBufferedReader(file)) {
      for (String text = lines.readLine(); text != null; text = lines.readLine()) {
        JsonObject line = new JsonObject(text);
        switch (line.getString("k", "")) {
          case "sent" -> sent.put(
              line.getString("id"),
              new Sent(
                  line.getString("org"), line.getString("s"), line.getLong("q"), line.getInteger("h")));
          case "answer" -> answer(line);
          default -> complaint(line);
        }
      }
    }
    for (Map.Entry<String, Sent> each : sent.entrySet()) {
      if (places.containsKey(each.getKey())) {
        idsByOrg.computeIfAbsent(each.getValue().org(), org -> new HashSet<>()).add(each.getKey());
      } else {
        other(each.getKey() + " never got a definite answer");
      }
    }
    events = places.size();
  }

  private void complaint(JsonObject line) {
    complaints++;
    fault(line.getString("complaint"));
  }

  private void answer(JsonObject line) {
    String id = line.getString("id");
    Place place = new Place(line.getLong("o"), line.getLong("q"));
    Place before = places.putIfAbsent(id, place);
    if (before != null && !before.equals(place)) {
      duplicated++;
      fault(id + " was answered " + place + " and " + before);
    }
    String other = idAt.putIfAbsent(line.getString("org") + ' ' + place.offset(), id);
    if (other != null && !other.equals(id)) {
      other("offset " + place.offset() + " of " + line.getString("org") + " was given to " + id + " and " + other);
    }
    if (line.getString("st").equals("accepted") && !accepted.add(id)) {
      duplicated++;
      fault(id + " was accepted twice");
    }
    Sent event = sent.get(id);
    if (event == null) {
      other(id + " was answered and never sent");
    } else if (event.sequence() != place.sequence()) {
      other(id + " asked for sequence " + event.sequence() + ", got " + place.sequence());
    }
    latenciesMs.add(line.getLong("ms"));
  }

  private void subscriber(Path file) throws IOException {
    String who = file.getFileName().toString();
    String org = "";
    String channel = "";
    Set<String> ids = new HashSet<>();
    Map<String, Long> sequences = new HashMap<>();
    long last = 0;
    long lastMs = 0;
    try (BufferedReader lines = Files.newBufferedReader(file)) {
      for (String text = lines.readLine(); text != null; text = lines.readLine()) {
        JsonObject line = new JsonObject(text);
        switch (line.getString("k", "")) {
          case "who" -> {
            who = line.getString("name");
            String[] parts = line.getString("channel").split(":", 2);
            org = parts[0];
            channel = parts.length == 1 ? "" : parts[1];
          }
          case "got" -> {
            received++;
            String id = line.getString("id");
            long offset = line.getLong("o");
            String what = who + ": " + id + " at " + offset;
            if (!ids.add(id)) {
              duplicated++;
              fault(what + " came twice");
            } else if (offset <= last) {
              reordered++;
              fault(what + " came after offset " + last);
            } else if (channel.isEmpty() && offset != last + 1) {
              other(what + " came after offset " + last + ": a gap");
            }
            last = Math.max(last, offset);
            sequence(what, line, sequences);
            known(what, line, org, channel);
            long now = line.getLong("t");
            if (lastMs > 0 && now - lastMs > pauseMsMax) {
              pauseMsMax = now - lastMs;
              pausedMost = who + " before offset " + offset;
            }
            lastMs = now;
          }
          case "left" -> { } // allowed at any time
          default -> complaint(line);
        }
      }
    }
    for (String id : idsByOrg.getOrDefault(org, Set.of())) {
      if (wants(channel, sent.get(id).session()) && !ids.contains(id)) {
        lost++;
        fault(who + ": never got " + id + " at " + places.get(id));
      }
    }
  }

  private void sequence(String what, JsonObject line, Map<String, Long> sequences) {
    String session = line.getString("s");
    if (!session.isEmpty()) {
      long number = line.getLong("q");
      long before = sequences.getOrDefault(session, 0L);
      if (number != before + 1) {
        reordered++;
        fault(what + ": sequence " + number + " of " + session + " came after " + before);
      }
      sequences.merge(session, number, Math::max);
    }
  }

  private void known(String what, JsonObject line, String org, String channel) {
    Sent event = sent.get(line.getString("id"));
    Place place = places.get(line.getString("id"));
    if (event == null) {
      other(what + " was never sent");
      return;
    }
    boolean same =
        event.org().equals(line.getString("org"))
            && event.org().equals(org)
            && event.session().equals(line.getString("s"))
            && event.payload() == line.getInteger("h");
    if (!same || !wants(channel, event.session())) {
      other(what + " is not what was sent or asked for: " + event);
    }
    if (place != null && (place.offset() != line.getLong("o") || place.sequence() != line.getLong("q"))) {
      other(what + " was answered " + place);
    }
  }

  private static boolean wants(String channel, String session) {
    return channel.isEmpty() || session.equals(channel) || session.startsWith(channel + ':');
  }

  /** The value that so many hundredths do not exceed; 0 without any. */
  static long percentile(long[] sorted, int hundredths) {
    return sorted.length == 0 ? 0 : sorted[Math.min(sorted.length - 1, sorted.length * hundredths / 100)];
  }

  /** The same of unsorted ones. */
  static long percentile(List<Long> values, int hundredths) {
    long[] sorted = values.stream().mapToLong(Long::longValue).toArray();
    Arrays.sort(sorted);
    return percentile(sorted, hundredths);
  }
}
