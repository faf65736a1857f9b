package dev.cortex.bench;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The table a run prints, row by row, with what is needed to judge it: machine, JDK, commit. */
final class Report {

  private final List<Row> rows = new ArrayList<>();
  private final List<Verdict> verdicts = new ArrayList<>();

  /** Prints the head of the table. */
  void begin() {
    System.out.println(Row.head());
  }

  /** Prints a row as soon as it is known. */
  void add(Row row) {
    rows.add(row);
    System.out.println(row.line());
  }

  /** Prints how rows compare as soon as it is known. */
  void add(Verdict verdict) {
    verdicts.add(verdict);
    System.out.println(verdict.line());
  }

  /** Whether no row counted a fault. */
  boolean clean() {
    return rows.stream().allMatch(row -> row.faults() == 0);
  }

  /** Prints the circumstances and writes the JSON file if one is wanted. */
  void end(String commit, String pinning, Optional<Path> json) throws IOException {
    var machine =
        cpu() + ", " + Runtime.version() + " (" + System.getProperty("java.vendor") + "), "
            + System.getProperty("os.name") + " " + System.getProperty("os.version");
    var at = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    System.out.println();
    System.out.println("machine: " + machine);
    System.out.println("commit:  " + commit + ", " + at + (pinning.isEmpty() ? "" : ", " + pinning));
    if (json.isPresent()) {
      var file = new JsonObject().put("machine", machine).put("commit", commit).put("at", at.toString())
          .put("pinning", pinning).put("rows", new JsonArray(rows.stream().map(Report::json).toList()))
          .put("verdicts", new JsonArray(verdicts.stream().map(Report::json).toList()));
      Files.writeString(json.get(), file.encodePrettily() + "\n");
    }
  }

  private static JsonObject json(Row row) {
    var object = new JsonObject().put("scenario", row.scenario()).put("load", row.load())
        .put("eventsPerSecond", Math.round(row.eventsPerSecond()))
        .put("deliveriesPerSecond", Math.round(row.deliveriesPerSecond()))
        .put("cpuUs", row.cpuUs()).put("faults", row.faults()).put("note", row.note());
    if (row.latencyUs().getTotalCount() > 0) {
      object.put("p50Ms", row.percentileMs(50)).put("p99Ms", row.percentileMs(99))
          .put("p999Ms", row.percentileMs(99.9)).put("maxMs", row.percentileMs(100));
    }
    return object;
  }

  private static JsonObject json(Verdict verdict) {
    return new JsonObject().put("scenario", verdict.scenario()).put("text", verdict.text()).put("met", verdict.met());
  }

  private static String cpu() throws IOException {
    var info = Path.of("/proc/cpuinfo");
    var model = Optional.<String>empty();
    var cores = Runtime.getRuntime().availableProcessors();
    if (Files.isReadable(info)) {
      var lines = Files.readAllLines(info);
      cores = (int) lines.stream().filter(line -> line.startsWith("processor")).count();
      model = lines.stream().filter(line -> line.startsWith("model name")).findFirst()
          .map(line -> line.substring(line.indexOf(':') + 1).strip());
    }
    return model.orElse(System.getProperty("os.arch")) + ", " + cores + " cores";
  }
}
