package dev.cortex.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import org.HdrHistogram.Histogram;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The load generator's command line. */
@Command(
    name = "tools/bench",
    sortOptions = false,
    usageHelpWidth = 110,
    description = {
      "Measures a server under load and prints one row a scenario.",
      "",
      "Latency runs from the time an event was due to be sent, not from when it was sent, so a stalled server"
          + " cannot hide. Every connection checks that it got every event once and in order; 'faults' counts what"
          + " went wrong.",
      "",
      "Scenarios:",
      "  fanout  one publisher, many plain WebSocket connections of one org",
      "  quiet   100 single events a second to the same",
      "  ingest  durable publishing over HTTP: single events on 64 connections, then batches of 100 on 4",
      "  idle    10,000 connections that only stay open: memory a connection",
      "  all     all of these (default)",
      ""
    })
final class Bench implements Callable<Integer> {

  @Parameters(index = "0", defaultValue = "all", paramLabel = "SCENARIO", description = "one of these")
  private String scenario;

  @Option(names = "--server", hidden = true, description = "one word of the command that starts the server; repeated")
  private List<String> serverCommand = List.of();

  @Option(names = "--connections", defaultValue = "1000", description = "WebSocket connections (${DEFAULT-VALUE})")
  private int connections;

  @Option(names = "--idle-connections", defaultValue = "10000", description = "the same for idle (${DEFAULT-VALUE})")
  private int idleConnections;

  @Option(
      names = "--rate",
      defaultValue = "both",
      description = "fanout: deliveries a second, 'max' (highest with p99 < 250 ms), 'closed' (as fast as it goes with"
          + " a bounded number under way), or 'both' of these (default)")
  private String rate;

  @Option(names = "--batch", defaultValue = "50", description = "closed fanout: events a request (${DEFAULT-VALUE})")
  private int batch;

  @Option(
      names = "--in-flight",
      defaultValue = "4",
      description = "closed fanout: requests under way (${DEFAULT-VALUE})")
  private int inFlight;

  @Option(names = "--payload", defaultValue = "200", description = "payload bytes, 64 or more (${DEFAULT-VALUE})")
  private int payloadBytes;

  @Option(names = "--seconds", defaultValue = "10", description = "measured time a scenario (${DEFAULT-VALUE})")
  private int seconds;

  @Option(names = "--json", paramLabel = "FILE", description = "also write the rows as JSON")
  private Optional<Path> json = Optional.empty();

  @Option(names = "--url", description = "load a running server, for instance http://127.0.0.1:3693; starts none")
  private Optional<URI> url = Optional.empty();

  @Option(names = {"-h", "--help"}, usageHelp = true, description = "this text")
  private boolean help;

  @Option(names = "--scratch", hidden = true, defaultValue = "target/bench")
  private Path scratch;

  @Option(names = "--commit", hidden = true, defaultValue = "unknown")
  private String commit;

  @Option(names = "--pinning", hidden = true, defaultValue = "")
  private String pinning;

  private final Report report = new Report();

  /** Runs what the arguments ask for. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Bench()).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    var wanted = scenario.equals("all") ? List.of("fanout", "quiet", "ingest", "idle") : List.of(scenario);
    report.begin();
    for (var name : wanted) {
      try {
        run(name);
      } catch (IOException | UncheckedIOException | TimeoutException e) {
        report.add(new Row(name, "", 0, 0, 0, new Histogram(1), 1, "failed: " + e.getMessage()));
      }
    }
    report.end(commit, pinning, json);
    return report.clean() ? 0 : 1;
  }

  private void run(String name) throws Exception {
    switch (name) {
      case "fanout" -> fanout();
      case "quiet" -> quiet();
      case "ingest" -> ingest();
      case "idle" -> idle();
      default -> throw new CommandLine.ParameterException(
          new CommandLine(this), "unknown scenario " + name + ": fanout, quiet, ingest, idle or all");
    }
  }

  private void fanout() throws Exception {
    try (var target = target();
        var fanout = new Fanout(target, connections, payloadBytes)) {
      if (rate.equals("closed") || rate.equals("both")) {
        report.add(fanout.closed(batch, inFlight, seconds * 1_000L));
      }
      if (rate.equals("max") || rate.equals("both")) {
        report.add(fanout.highest());
      }
      if (Character.isDigit(rate.charAt(0))) {
        report.add(fanout.atRate(Double.parseDouble(rate), seconds * 1_000L));
      }
    }
  }

  private void quiet() throws Exception {
    try (var target = target();
        var fanout = new Fanout(target, connections, payloadBytes)) {
      report.add(fanout.quiet(seconds * 1_000L));
    }
  }

  private void ingest() throws Exception {
    try (var target = target()) {
      report.add(new Ingest(64, 1, payloadBytes).run(target, seconds * 1_000L));
      report.add(new Ingest(4, 100, payloadBytes).run(target, seconds * 1_000L));
    }
  }

  private void idle() throws Exception {
    try (var target = target()) {
      report.add(new Idle(idleConnections).run(target));
    }
  }

  private Target target() throws Exception {
    return url.isPresent()
        ? Target.running(url.get().getHost(), url.get().getPort())
        : Target.start(serverCommand, scratch);
  }
}
