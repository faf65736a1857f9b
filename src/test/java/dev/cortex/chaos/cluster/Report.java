package dev.cortex.chaos.cluster;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What a run measured. */
final class Report {

  private final Map<Fault, List<Long>> served = new EnumMap<>(Fault.class);
  private final Map<Fault, List<Long>> back = new EnumMap<>(Fault.class);
  private int faults;
  private String load = "";
  private long deposed;

  /**
   * Adds a fault.
   *
   * @param servedMs from the fault until a node served, by node
   * @param backMs from the end of the fault until the node that was hit served
   * @param well nodes that were not hit
   */
  void add(Fault fault, int victim, Map<Integer, Long> servedMs, Map<Integer, Long> backMs, List<Integer> well) {
    faults++;
    List<Long> all = served.computeIfAbsent(fault, kind -> new ArrayList<>());
    well.forEach(node -> all.add(servedMs.getOrDefault(node, Long.MAX_VALUE)));
    back.computeIfAbsent(fault, kind -> new ArrayList<>()).addAll(backMs.values());
    Trial.say(
        "fault " + faults + ": " + fault.word() + (victim < 0 ? "" : " of node " + (victim + 1)) + "; served after "
            + byNode(servedMs) + (backMs.isEmpty() ? "" : "; when it was over, after " + byNode(backMs)));
  }

  private static String byNode(Map<Integer, Long> times) {
    return times.entrySet().stream()
        .map(each -> each.getValue() + " ms at node " + (each.getKey() + 1))
        .collect(Collectors.joining(", "));
  }

  void load(Tops tops, long deposedAppends) {
    deposed = deposedAppends;
    load =
        tops.settled.sum() + " definite answers, " + tops.repeated.sum() + " times sent again, " + tops.moves.sum()
            + " times a subscriber went to another node";
  }

  /** Appends of deposed owners that were attempted. */
  long deposed() {
    return deposed;
  }

  /** The result as text. */
  String text(Judge.Verdict verdict) {
    StringBuilder text = new StringBuilder();
    served.forEach((fault, times) -> {
      text.append(String.format("%-12s until the nodes that were well served: p50 %5d ms, p95 %5d ms, max %5d ms "
              + "(aim %d ms, %d measured)%n",
          fault.word(), Judge.percentile(times, 50), Judge.percentile(times, 95), Judge.percentile(times, 100),
          fault.aimMs, times.size()));
      List<Long> after = back.get(fault);
      if (!after.isEmpty()) {
        text.append(String.format("%-12s until the node served again when it was over: p50 %5d ms, p95 %5d ms%n", "",
            Judge.percentile(after, 50), Judge.percentile(after, 95)));
      }
    });
    text.append("load: ").append(load).append('\n');
    text.append(String.format("events: %d accepted, %d received; publish latency p50 %d ms, p99 %d ms, max %d ms%n",
        verdict.events(), verdict.received(), Judge.percentile(verdict.latenciesMs(), 50),
        Judge.percentile(verdict.latenciesMs(), 99), Judge.percentile(verdict.latenciesMs(), 100)));
    text.append("longest pause of a subscriber: ").append(verdict.pauseMsMax()).append(" ms (");
    text.append(verdict.pausedMost()).append(")\n");
    text.append("appends of deposed owners: ").append(deposed).append(" attempted, ");
    text.append(verdict.good() ? "0 accepted\n" : "see below\n");
    text.append(String.format("lost %d, duplicated %d, reordered %d, complaints %d, other %d%n",
        verdict.lost(), verdict.duplicated(), verdict.reordered(), verdict.complaints(), verdict.others()));
    verdict.faults().forEach(fault -> text.append("  ").append(fault).append('\n'));
    return text.toString();
  }
}
