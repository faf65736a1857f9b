package dev.cortex.bench;

import dev.cortex.testing.process.FreePorts;
import dev.cortex.testing.process.Link;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * How long an event takes from one desktop over the cloud to another desktop and to a browser, on each rung of the
 * second desktop's ladder.
 */
final class SyncPath {

  /** A rung on which a desktop hears from the cloud; polls come at the default interval. */
  private enum Rung {
    PUSH,
    HELD,
    POLL;

    final String mode = name().toLowerCase(Locale.ROOT);
  }

  private static final long SETTLED_MS = 30_000;
  private static final HttpClient CLIENT = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final Fleet fleet;
  private final List<String> command;
  private final Path scratch;
  private final int payloadBytes;

  /**
   * Creates the scenario.
   *
   * @param command what starts a desktop, without its settings
   */
  SyncPath(Fleet fleet, List<String> command, Path scratch, int payloadBytes) {
    this.fleet = fleet;
    this.command = command;
    this.scratch = scratch;
    this.payloadBytes = payloadBytes;
  }

  /**
   * Measures each rung for that long.
   *
   * @param warmMs before that, each
   */
  void run(Report report, int eventsPerSecond, long warmMs, long durationMs)
      throws IOException, InterruptedException, TimeoutException {
    for (var rung : Rung.values()) {
      var org = "sync-" + rung.mode;
      try (var up = Link.to(fleet.node(0).address().getPort())) {
        if (rung == Rung.POLL) {
          up.replace("wait=25", "wait=00");
        }
        try (var from = desktop(org, "from", fleet.node(0).address().getPort(), rung);
            var to = desktop(org, "to", rung == Rung.POLL ? up.port() : fleet.node(0).address().getPort(), rung)) {
          Polls.publish(fleet, List.of(org)); // where nothing happens no poll is held
          awaitMode(to.address(), rung);
          measure(report, rung, org, from, to, eventsPerSecond, warmMs, durationMs);
        }
      }
    }
  }

  private Target desktop(String org, String name, int cloudPort, Rung rung) throws IOException {
    int callbackPort = FreePorts.find(1, 0).get(0);
    var line = new ArrayList<>(command);
    var sets =
        new ArrayList<>(
            List.of(
                "sync.cloud_url=http://127.0.0.1:" + cloudPort,
                "sync.token=" + fleet.token(org, name),
                "sync.orgs=" + org));
    if (rung == Rung.PUSH) {
      sets.add("sync.callback_port=" + callbackPort);
      sets.add("sync.callback_url=http://127.0.0.1:" + callbackPort + "/ingest");
    }
    sets.forEach(set -> line.addAll(List.of("--set", set)));
    return Target.start(line, scratch.resolve(name));
  }

  private static void awaitMode(InetSocketAddress desktop, Rung rung)
      throws IOException, InterruptedException, TimeoutException {
    var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + desktop.getPort() + "/health")).build();
    var endUs = Ticks.nowUs() + TimeUnit.MILLISECONDS.toMicros(SETTLED_MS);
    var mode = "";
    while (!mode.equals(rung.mode)) {
      if (Ticks.nowUs() > endUs) {
        throw new TimeoutException("the desktop stands at \"" + mode + "\" and not at \"" + rung.mode + '"');
      }
      TimeUnit.MILLISECONDS.sleep(50);
      var sync = new JsonObject(CLIENT.send(request, BodyHandlers.ofString()).body()).getJsonObject("sync");
      mode = sync == null ? "" : sync.getString("mode", "");
    }
  }

  private void measure(
      Report report, Rung rung, String org, Target from, Target to, int rate, long warmMs, long durationMs)
      throws IOException, InterruptedException, TimeoutException {
    var token = fleet.token(org);
    try (var desktop = new Subscribers(to.address(), "/ws?org=" + org, 1);
        var browser = new Subscribers(fleet.node(0).address(), "/api/ws?token=" + token, 1);
        var publisher = new Publisher(from.address(), Entry.open("/api/events"), org, payloadBytes)) {
      desktop.awaitOpen(SETTLED_MS);
      browser.awaitOpen(SETTLED_MS);
      publish(publisher, rate, warmMs, desktop, browser);
      desktop.forgetLatencies();
      browser.forgetLatencies();
      var published = publish(publisher, rate, durationMs, desktop, browser);
      report.add(row(rung, "browser", published, browser));
      report.add(row(rung, "desktop", published, desktop));
    }
  }

  private static Publisher.Published publish(
      Publisher publisher, int rate, long durationMs, Subscribers desktop, Subscribers browser)
      throws IOException, InterruptedException, TimeoutException {
    var published = publisher.atRate(rate, 1_000_000L / rate, durationMs);
    desktop.awaitDelivered(publisher.sent(), SETTLED_MS);
    browser.awaitDelivered(publisher.sent(), SETTLED_MS);
    return published;
  }

  private static Row row(Rung rung, String reader, Publisher.Published published, Subscribers subscribers) {
    var seen = subscribers.seen();
    var perSecond = published.events() / published.seconds();
    return new Row(
        "sync",
        String.format(Locale.ROOT, "%s, %.0f/s, to a %s", rung.mode, perSecond, reader),
        perSecond,
        perSecond,
        0,
        seen.latencyUs(),
        seen.wrong() + published.refused(),
        seen.firstFault());
  }
}
