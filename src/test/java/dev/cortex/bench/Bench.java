package dev.cortex.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.sql.SQLException;
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
      "",
      "Scenarios with a cluster of processes and a PostgreSQL server, both started here:",
      "  remote     three nodes: WebSocket connections of one org on a node that does not own its room, against",
      "             the same on the owner, at 20 and 100 events a second and as fast as it goes;",
      "             aim: p50 at most 1 ms more, p99 at most twice",
      "  broadcast  one node: batches of 500 and 100 on 4 and 16 connections and single events on 64, against",
      "             plain inserts of the same rows on 4 connections, a commit a batch of that size;",
      "             aim: at least half",
      "  orgs       three nodes: touches --orgs orgs once each, waits until their rooms have left memory, and",
      "             shows it before, at the peak and after;",
      "             aim: every event in the log, no node keeps more than 16 MiB of heap",
      "  polls      three nodes: polls that find nothing new, on 64 connections, on the owner of the rooms and on",
      "             another node; polls a second stand under events/s;",
      "             aim: all answered from memory",
      "  desktops   one node: --desktops idle desktops, each with its own name and cursor, that poll at 400 a second",
      "             and as fast as it goes; aim: none answered from the log",
      "  sync       one node and two desktops: from a publish on one desktop until a browser and the other desktop",
      "             have it, by push, by held request and by polls every 5 s, at 20 events a second",
      "",
      "Cases that are compared take turns in rounds of one run; the verdict below their rows says ratio and aim. An aim"
          + " that was missed changes nothing about the exit code, a fault does.",
      ""
    })
final class Bench implements Callable<Integer> {

  private static final List<Broadcast.Load> BROADCASTS =
      List.of(
          new Broadcast.Load(4, 500),
          new Broadcast.Load(16, 500),
          new Broadcast.Load(4, 100),
          new Broadcast.Load(16, 100),
          new Broadcast.Load(64, 1));

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

  @Option(
      names = "--rounds",
      defaultValue = "5",
      description = "with a cluster: rounds into which the measured time is cut (${DEFAULT-VALUE})")
  private int rounds;

  @Option(
      names = "--warm",
      defaultValue = "10",
      description = "with a cluster: seconds of load before measuring, each case (${DEFAULT-VALUE})")
  private int warmSeconds;

  @Option(names = "--orgs", defaultValue = "100000", description = "orgs: how many (${DEFAULT-VALUE})")
  private int orgs;

  @Option(names = "--desktops", defaultValue = "2000", description = "desktops: how many (${DEFAULT-VALUE})")
  private int desktops;

  @Option(names = "--node", hidden = true, description = "one word of the command that starts a node; repeated")
  private List<String> nodeCommand = List.of();

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
      } catch (IOException | UncheckedIOException | TimeoutException | SQLException e) {
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
      case "remote", "broadcast", "orgs", "polls", "desktops", "sync" -> cluster(name);
      default -> throw new CommandLine.ParameterException(
          new CommandLine(this),
          "unknown scenario " + name + ": fanout, quiet, ingest, idle, all, remote, broadcast, orgs, polls, desktops or"
              + " sync");
    }
  }

  private void fanout() throws Exception {
    try (var target = target();
        var fanout = Fanout.open(target, connections, payloadBytes)) {
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
        var fanout = Fanout.open(target, connections, payloadBytes)) {
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

  private void cluster(String name) throws Exception {
    var warmMs = warmSeconds * 1_000L;
    var durationMs = seconds * 1_000L;
    var nodes = List.of("broadcast", "desktops", "sync").contains(name) ? 1 : 3;
    try (var fleet = Fleet.start(nodeCommand, nodes, scratch)) {
      switch (name) {
        case "remote" -> new Remote(fleet, connections, payloadBytes, rounds)
            .run(report, List.of(20, 100), warmMs, durationMs);
        case "broadcast" -> new Broadcast(fleet, payloadBytes, rounds)
            .run(report, BROADCASTS, warmMs, durationMs);
        case "orgs" -> new Orgs(fleet, orgs).run(report);
        case "desktops" -> new Desktops(fleet, desktops).run(report, List.of(400), warmMs, durationMs);
        case "sync" -> new SyncPath(fleet, serverCommand, scratch, payloadBytes).run(report, 20, warmMs, durationMs);
        default -> new Polls(fleet, 64, rounds).run(report, warmMs, durationMs);
      }
    }
  }

  private Target target() throws Exception {
    return url.isPresent()
        ? Target.running(url.get().getHost(), url.get().getPort())
        : Target.start(serverCommand, scratch);
  }
}
