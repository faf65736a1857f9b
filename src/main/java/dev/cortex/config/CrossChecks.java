package dev.cortex.config;

import dev.cortex.base.Pure;
import java.util.List;
import java.util.stream.Stream;

/** Rules between values, and rules of the profile: each value may be in range and still not fit the others. */
@Pure
final class CrossChecks {

  /** The longest wait between two executions: beyond it, keys that guard against duplicates are forgotten. */
  private static final double RETRY_DELAY_MS_MAX = 7 * 24 * 3_600_000.0;

  /** Keys, or beginnings of keys, that mean nothing to a desktop. */
  private static final List<String> CLOUD_ONLY =
      List.of("cluster.", "server.internal_", "store.user", "store.password", "auth.jwt_secret", "auth.jwks_url",
          "auth.issuer", "auth.audience", "auth.service_tokens");

  /** The same for a cloud node; it does use the polling interval, to tell its own pollers. */
  private static final List<String> DESKTOP_ONLY =
      List.of("sync.cloud_url", "sync.token", "sync.orgs", "sync.callback_", "sync.poll_max_ms", "auth.local_auth");

  /** The same for the demo, whose servers find each other by themselves and leave nothing to choose there. */
  private static final List<String> NOT_IN_DEMO =
      List.of("server.host", "server.internal_host", "store.", "cluster.", "auth.jwks_url", "auth.local_auth",
          "sync.cloud_url", "sync.token", "sync.orgs", "sync.callback_", "callbacks.");

  private final boolean cloud;
  private final boolean demo;
  private final Settings settings;

  /** Checks of these settings for that profile; problems are noted there. */
  CrossChecks(String profile, Settings settings) {
    this.cloud = profile.equals("cloud");
    this.demo = profile.equals("demo");
    this.settings = settings;
  }

  /** Notes every rule that is broken. */
  void check() {
    if (cloud) {
      new CloudChecks(settings).check();
    } else if (demo) {
      checkDemo();
    } else {
      checkDesktop();
    }
    if (settings.whole("sync.poll_min_ms") > settings.whole("sync.poll_max_ms")) {
      String rule = "must not exceed sync.poll_max_ms (" + settings.whole("sync.poll_max_ms") + ")";
      settings.refuse("sync.poll_min_ms", rule, "sync.poll_max_ms");
    }
    for (String key : List.of("sync.cloud_url", "auth.jwks_url")) {
      requireSafe(key, "plain http is for loopback only; use https");
    }
    int queue = settings.whole("transport.max_queue_size_per_connection");
    double signal = queue * settings.decimal("transport.backpressure_threshold");
    if (signal < 1) {
      String rule = "signals before one event is queued; raise it or the queue size";
      settings.refuse("transport.backpressure_threshold", rule, "transport.max_queue_size_per_connection");
    }
    int retries = settings.whole("retry_policy.max_attempts") - 1;
    double growth = Math.pow(settings.decimal("retry_policy.backoff_multiplier"), retries - 1);
    double lastDelay = settings.whole("retry_policy.initial_delay_ms") * growth;
    if (lastDelay > RETRY_DELAY_MS_MAX) {
      String rule = "the last retry would wait over 7 days; lower it, the delay or the multiplier";
      settings.refuse(
          "retry_policy.max_attempts", rule, "retry_policy.initial_delay_ms", "retry_policy.backoff_multiplier");
    }
    checkLimits();
  }

  private void checkDesktop() {
    if (!Shapes.loopback(settings.text("server.host"))) {
      settings.refuse("server.host", "a desktop listens on loopback only; allowed: 127.0.0.1, ::1, localhost");
    }
    if (!settings.text("store.url").isEmpty()) {
      settings.refuse("store.url", "a desktop stores in SQLite in its data directory; leave it empty");
    }
    if (!settings.flag("callbacks.allow_private")) {
      requireSafe("sync.callback_url", "must be https");
    }
    int port = settings.whole("server.port");
    if (port != 0 && port == settings.whole("sync.callback_port")) {
      settings.refuse("sync.callback_port", "must differ from server.port (" + port + ")", "server.port");
    }
  }

  /** The cloud's doors are the only ones with a say; a secret for its tokens is drawn when none is given. */
  private void checkDemo() {
    new AuthChecks(settings).checkGiven();
    int port = settings.whole("server.port");
    if (port != 0 && port == settings.whole("server.internal_port")) {
      settings.refuse("server.internal_port", "would use port " + port + ", which is server.port", "server.port");
    }
  }

  private void checkLimits() {
    int payloadBytesMax = settings.whole("message_contract.max_payload_size_kb") * 1024;
    OrgLimits limits = new OrgLimits(ConfigLoader.bindLimits(settings));
    limits.problems(payloadBytesMax).forEach(
        problem -> settings.problem(settings.place(problem.involved()), problem.key() + ": " + problem.rule()));
  }

  /** What the user should know although it stops nothing; one line each. */
  List<String> warnings() {
    Stream<String> sync = cloud || demo ? Stream.empty() : new SyncChecks(settings).warnings();
    Stream<String> unused = Keys.ALL.stream().filter(settings::isChanged).flatMap(this::withoutEffect);
    int queue = settings.whole("transport.max_queue_size_per_connection");
    Stream<String> alert =
        settings.whole("observability.alerting.queue_depth_threshold") <= queue
            ? Stream.empty()
            : Stream.of("observability.alerting.queue_depth_threshold: never reached, a queue holds " + queue);
    Stream<String> cluster = cloud ? new CloudChecks(settings).warnings() : Stream.empty();
    Stream<String> burst =
        settings.whole("limits.burst") == 0 || settings.whole("limits.events_per_second") > 0
            ? Stream.empty()
            : Stream.of("limits.burst: without effect while limits.events_per_second is 0");
    return Stream.of(sync, unused, alert, burst, cluster).flatMap(each -> each).toList();
  }

  private Stream<String> withoutEffect(Key key) {
    if (!key.used()) {
      return Stream.of(key.name() + ": without effect in this version");
    }
    List<String> foreign = demo ? NOT_IN_DEMO : cloud ? DESKTOP_ONLY : CLOUD_ONLY;
    String where = demo ? "in the demo" : cloud ? "on a cloud node" : "on a desktop";
    return foreign.stream().anyMatch(key.name()::startsWith)
        ? Stream.of(key.name() + ": without effect " + where)
        : Stream.empty();
  }

  private void requireSafe(String key, String rule) {
    String url = settings.text(key);
    if (!url.isEmpty() && !Shapes.safeUrl(url)) {
      settings.refuse(key, rule);
    }
  }
}
