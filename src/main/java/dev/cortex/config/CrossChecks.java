package dev.cortex.config;

import dev.cortex.base.Pure;
import java.util.List;
import java.util.stream.Stream;

/** Rules between values, and rules of the profile: each value may be in range and still not fit the others. */
@Pure
final class CrossChecks {

  /** The longest wait between two executions: beyond it, keys that guard against duplicates are forgotten. */
  private static final double RETRY_DELAY_MS_MAX = 7 * 24 * 3_600_000.0;

  private final Settings settings;

  /** Checks of these settings; problems are noted there. */
  CrossChecks(Settings settings) {
    this.settings = settings;
  }

  /** Notes every rule that is broken for a desktop. */
  void check() {
    if (!Shapes.loopback(settings.text("server.host"))) {
      refuse("server.host", "a desktop listens on loopback only; allowed: 127.0.0.1, ::1, localhost");
    }
    if (!settings.text("store.url").isEmpty()) {
      refuse("store.url", "a desktop stores in SQLite in its data directory; leave it empty");
    }
    if (settings.whole("sync.poll_min_ms") > settings.whole("sync.poll_max_ms")) {
      String rule = "must not exceed sync.poll_max_ms (" + settings.whole("sync.poll_max_ms") + ")";
      refuse("sync.poll_min_ms", rule, "sync.poll_max_ms");
    }
    for (String key : List.of("sync.cloud_url", "auth.jwks_url")) {
      requireSafe(key, "plain http is for loopback only; use https");
    }
    if (!settings.flag("callbacks.allow_private")) {
      requireSafe("sync.callback_url", "must be https");
    }
    int port = settings.whole("server.port");
    if (port != 0 && port == settings.whole("sync.callback_port")) {
      refuse("sync.callback_port", "must differ from server.port (" + port + ")", "server.port");
    }
    int queue = settings.whole("transport.max_queue_size_per_connection");
    double signal = queue * settings.decimal("transport.backpressure_threshold");
    if (signal < 1) {
      String rule = "signals before one event is queued; raise it or the queue size";
      refuse("transport.backpressure_threshold", rule, "transport.max_queue_size_per_connection");
    }
    int retries = settings.whole("retry_policy.max_attempts") - 1;
    double growth = Math.pow(settings.decimal("retry_policy.backoff_multiplier"), retries - 1);
    double lastDelay = settings.whole("retry_policy.initial_delay_ms") * growth;
    if (lastDelay > RETRY_DELAY_MS_MAX) {
      String rule = "the last retry would wait over 7 days; lower it, the delay or the multiplier";
      refuse("retry_policy.max_attempts", rule, "retry_policy.initial_delay_ms", "retry_policy.backoff_multiplier");
    }
    checkLimits();
  }

  private void checkLimits() {
    int payloadBytesMax = settings.whole("message_contract.max_payload_size_kb") * 1024;
    OrgLimits limits = new OrgLimits(ConfigLoader.bindLimits(settings));
    limits.problems(payloadBytesMax).forEach(
        problem -> settings.problem(settings.place(problem.involved()), problem.key() + ": " + problem.rule()));
  }

  /** What the user should know although it stops nothing; one line each. */
  List<String> warnings() {
    Stream<String> sync =
        settings.text("sync.cloud_url").isEmpty()
            ? Stream.empty()
            : Stream.of("sync.cloud_url: sync is not part of this version; /ingest takes signed pushes only");
    Stream<String> unused =
        Keys.ALL.stream()
            .filter(key -> !key.used() && settings.isChanged(key))
            .map(key -> key.name() + ": without effect in this version");
    int queue = settings.whole("transport.max_queue_size_per_connection");
    Stream<String> alert =
        settings.whole("observability.alerting.queue_depth_threshold") <= queue
            ? Stream.empty()
            : Stream.of("observability.alerting.queue_depth_threshold: never reached, a queue holds " + queue);
    Stream<String> burst =
        settings.whole("limits.burst") == 0 || settings.whole("limits.events_per_second") > 0
            ? Stream.empty()
            : Stream.of("limits.burst: without effect while limits.events_per_second is 0");
    return Stream.of(sync, unused, alert, burst).flatMap(each -> each).toList();
  }

  private void requireSafe(String key, String rule) {
    String url = settings.text(key);
    if (!url.isEmpty() && !Shapes.safeUrl(url)) {
      refuse(key, rule);
    }
  }

  /** Notes a broken rule of a key, at the place where it or one of the others involved was set. */
  private void refuse(String key, String rule, String... others) {
    List<String> involved = Stream.concat(Stream.of(key), Stream.of(others)).toList();
    settings.problem(settings.place(involved), key + ": " + rule);
  }
}
