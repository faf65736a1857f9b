package dev.cortex.chaos.sync;

import dev.cortex.testing.process.Await;
import dev.cortex.testing.process.Cluster;
import dev.cortex.testing.process.DesktopProcess;
import dev.cortex.testing.process.Http;
import dev.cortex.testing.process.Link;
import dev.cortex.testing.process.Seen;
import dev.cortex.testing.process.ServerProcess.Ready;
import dev.cortex.testing.process.Socket;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A desktop with a line to the cloud and one on which the cloud reaches it. */
final class Desk implements AutoCloseable {

  private static final Duration STOP_MAX = Duration.ofSeconds(60);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(60);

  private final DesktopProcess process;
  private final Link up;
  private final Link down;
  private final Http http = new Http();
  private final List<String> sets = new ArrayList<>();
  private Map<String, String> variables = Map.of();

  /**
   * A desktop that does not run yet.
   *
   * @param up on which it reaches the cloud; it is closed with the desktop
   * @param more its configuration beside what it needs to sync, as {@code key=value}
   */
  Desk(String name, Path folder, Link up, String org, List<String> more) throws IOException {
    process = DesktopProcess.on(name, folder.resolve(name));
    this.up = up;
    down = Link.to(process.callbackPort());
    sets.addAll(
        List.of(
            "sync.cloud_url=" + up.url(),
            "sync.token=" + Cluster.token(org, "user-of-" + name, "publish subscribe"),
            "sync.orgs=" + org,
            "sync.callback_url=" + down.url() + "/ingest",
            "sync.callback_port=" + process.callbackPort()));
    sets.addAll(more);
  }

  /** Its JVM gets these flags when it is started next. */
  Desk withFlags(String... flags) {
    variables = Map.of("JAVA_TOOL_OPTIONS", String.join(" ", flags));
    return this;
  }

  /** Starts it and waits until it is ready. */
  Desk start(String... more) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(sets);
    all.addAll(List.of(more));
    process.start(variables, all);
    return this;
  }

  /** Kills it as {@code kill -9} does. */
  void kill() throws InterruptedException {
    process.process().kill();
  }

  /** Stops it as its launcher does. */
  void stop() throws InterruptedException {
    int code = process.stop(STOP_MAX);
    if (code != 0) {
      throw new AssertionError(name() + " ended with " + code + '\n' + String.join("\n", process.process().stderr()));
    }
  }

  String name() {
    return process.name();
  }

  Ready ready() {
    return process.ready();
  }

  Path dataDir() {
    return process.dataDir();
  }

  /** Its process. */
  DesktopProcess process() {
    return process;
  }

  /** On which it reaches the cloud. */
  Link up() {
    return up;
  }

  /** On which the cloud reaches it. */
  Link down() {
    return down;
  }

  /** How its sync stands; empty when it does not answer. */
  Optional<JsonObject> sync() throws InterruptedException {
    try {
      return Optional.of(http.get(ready(), "/api/sync").body());
    } catch (IOException down) {
      return Optional.empty();
    }
  }

  /** The rung on which it stands; empty when it does not answer. */
  String mode() throws InterruptedException {
    return sync().map(sync -> sync.getString("mode", "")).orElse("");
  }

  /** How many events wait for the cloud; -1 when it does not answer. */
  long depth() throws InterruptedException {
    return sync().map(sync -> sync.getLong("outboxDepth", -1L)).orElse(-1L);
  }

  /** Waits until its sync stands so. */
  void awaitMode(String mode, Duration atMost) throws Exception {
    Await.until(name() + " stands at " + mode, atMost, () -> mode().equals(mode));
  }

  /** Waits until the cloud has confirmed all of its outbox. */
  void awaitDrained(Duration atMost) throws Exception {
    Await.until(name() + " has an empty outbox", atMost, () -> depth() == 0);
  }

  /** Its metrics, as it exposes them. */
  String metrics() throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(ready().url() + "/metrics")).timeout(ANSWER_MAX).build();
    return http.client().send(request, BodyHandlers.ofString()).body();
  }

  /** Everything its log holds of an org. */
  List<Seen> log(String org) throws IOException, InterruptedException {
    return http.all(ready(), org, "0").stream().map(Seen::of).toList();
  }

  /** Somebody who is to watch its log from the beginning. */
  Watcher watch(String org) {
    return new Watcher(
        "watcher of " + name(),
        cursor -> Socket.plain(http.client(), ready(), "?org=" + org + "&channel=" + org + "&since=" + cursor));
  }

  @Override
  public void close() throws IOException {
    process.close();
    up.close();
    down.close();
  }
}
