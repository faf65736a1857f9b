package dev.cortex.config;

import dev.cortex.base.Pure;
import dev.cortex.base.Rate;
import dev.cortex.config.Kind.Decimal;
import dev.cortex.config.Kind.Flag;
import dev.cortex.config.Kind.Text;
import dev.cortex.config.Kind.TextList;
import dev.cortex.config.Kind.Whole;
import dev.cortex.config.Kind.Word;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The table of every configuration key. What is not here does not exist: unknown names stop the start. */
@Pure
final class Keys {

  private static final long INT_MAX = Integer.MAX_VALUE;
  private static final List<String> METRICS =
      List.of("publish_latency_ms", "queue_depth", "ack_latency_ms", "duplicate_rejection_count");

  private static final Flag FLAG = new Flag();
  private static final Whole PORT = new Whole(0, 65_535);
  private static final Whole QUOTA = new Whole(0, INT_MAX);
  private static final Whole RATE = new Whole(0, Rate.PER_SECOND_MAX);
  private static final Whole QUOTA_BYTES = new Whole(0, 1L << 53);
  private static final Text TEXT = new Text("any text on one line", Shapes::oneLine);
  private static final Text URL = new Text("empty, or an http or https URL", t -> t.isEmpty() || Shapes.httpUrl(t));
  private static final Text HOST = new Text("a host name or IP address", Shapes::host);
  private static final Text NAME = new Text("1 to 128 of A-Z a-z 0-9 . _ ~ -", Shapes::name);
  private static final TextList NAMES =
      new TextList("a list of names, each 1 to 128 of A-Z a-z 0-9 . _ ~ -", Shapes::name);
  private static final TextList ORIGINS =
      new TextList("a list of origins such as http://localhost:3691", Shapes::origin);
  private static final TextList METRIC_NAMES =
      new TextList("a list of " + String.join(", ", METRICS), METRICS::contains);
  private static final TextList TOKENS =
      new TextList("a list of tokens", t -> !t.isEmpty() && Shapes.oneLine(t));
  private static final Text HEADER = new Text("an HTTP header name", Shapes::headerName);
  private static final List<String> PAGES = List.of("http://localhost:3691", "http://127.0.0.1:3691");

  /** Every key, section by section, in the order it is shown. */
  static final List<Key> ALL =
      List.of(
          key("data_dir", TEXT, "", "Where everything durable lives; empty means the platform's default."),
          key("transport.max_queue_size_per_connection", new Whole(1, 100_000), 500L,
              "Events queued for one connection before it leaves live delivery and catches up from the log."),
          key("transport.backpressure_threshold", new Decimal(0, false, 1), 0.8,
              "Share of the queue at which backpressure is signalled."),
          key("transport.delta_compression_enabled", FLAG, true,
              "Whether subscribers that ask for deltas get them.").unused(),
          key("transport.batch_flush_interval_ms", new Whole(1, 1_000), 50L,
              "Longest time a write waits to be joined with others, in milliseconds; when idle it does not wait."),
          key("message_contract.require_sequence", FLAG, false,
              "Whether producers must send a sequence with every session event."),
          key("message_contract.require_idempotency_key", FLAG, false,
              "Whether producers must send an idempotency key."),
          key("message_contract.max_payload_size_kb", new Whole(1, 1_024), 64L,
              "Largest payload of one event, in KiB of UTF-8 JSON."),
          key("message_contract.ttl_seconds", new Whole(1, 2_592_000), 300L,
              "Default time to live of orchestration state, in seconds.").unused(),
          key("retry_policy.max_attempts", new Whole(1, 100), 5L,
              "Executions of one delivery before it becomes a dead letter.").unused(),
          key("retry_policy.initial_delay_ms", new Whole(1, 3_600_000), 1_000L,
              "Delay before the second execution, in milliseconds.").unused(),
          key("retry_policy.backoff_multiplier", new Decimal(1, true, 10), 2.0,
              "Factor between one delay and the next.").unused(),
          key("retry_policy.dead_letter_queue_enabled", FLAG, true,
              "Whether exhausted deliveries are kept as dead letters.").unused(),
          key("observability.trace_correlation_header", HEADER, "X-Event-Trace-Id",
              "Header that carries the trace id in and out."),
          key("observability.metrics", METRIC_NAMES, METRICS,
              "Metrics exposed under their plain names beside the canonical ones."),
          key("observability.alerting.p99_latency_threshold_ms", new Whole(1, 600_000), 250L,
              "Publish latency (99th percentile, milliseconds) that raises an alert."),
          key("observability.alerting.queue_depth_threshold", new Whole(1, 100_000), 400L,
              "Queue depth of one connection (events) that raises an alert."),
          key("server.host", HOST, "127.0.0.1",
              "Address to listen on; a desktop listens on loopback only, a cloud node on 0.0.0.0 by default."),
          key("server.port", PORT, 3693L, "Public port, of a cloud node 8080 by default; 0 means any free one."),
          key("server.internal_host", HOST, "127.0.0.1",
              "Address of the internal listener of a cloud node; beyond loopback it asks for a token."),
          key("server.internal_port", PORT, 3694L,
              "Port of the internal listener of a cloud node; 0 means any free one."),
          key("server.allowed_origins", ORIGINS, PAGES, "Browser origins that may connect, besides the server's own."),
          key("server.drain_seconds", new Whole(0, 300), 15L,
              "Longest drain at a stop, in seconds; a desktop stops within 5 whatever is said here."),
          key("store.url", TEXT, "",
              "JDBC URL of the PostgreSQL database; empty means SQLite in the data directory."),
          key("store.user", TEXT, "", "Database user."),
          secret("store.password", TEXT, "", "Database password."),
          key("store.durability", new Word(List.of("full", "relaxed")), "full",
              "What a commit survives: full is kill and power loss, relaxed is kill only."),
          key("retention.hours", new Whole(1, 8_760), 24L, "How long events are kept, by receive time, in hours."),
          key("room.sharding", new Word(List.of("org", "global")), "org",
              "One room for each org, or one for all."),
          key("room.shards", new Whole(1, 4_096), 256L, "Fixed number of slices the rooms are spread over."),
          key("cluster.name", NAME, "cortex", "Name of the cluster; nodes of another name are not joined."),
          key("cluster.host", HOST, "127.0.0.1",
              "The one address of this node that cluster traffic uses, as the other members reach it."),
          key("cluster.port", new Whole(1, 64_535), 5701L,
              "Port of membership; messages between nodes use the port 1000 above it."),
          key("cluster.members", new TextList("a list of host:port", Shapes::hostPort), List.of(),
              "Addresses of the members, this one included; a name stands for all its addresses; empty runs alone."),
          key("cluster.tls_cert", TEXT, "", "PEM file with this node's certificate for the bus; empty means no TLS."),
          key("cluster.tls_key", TEXT, "", "PEM file with the key of that certificate."),
          key("cluster.tls_ca", TEXT, "", "PEM file with the authority that signs every node's certificate."),
          secret("auth.jwt_secret", TEXT, "", "Secret of HS256 tokens, at least 32 bytes."),
          key("auth.jwks_url", URL, "",
              "Where the issuer publishes its RS256 and ES256 keys; https, or http on loopback."),
          key("auth.issuer", TEXT, "", "Expected issuer of tokens; empty accepts any."),
          key("auth.audience", TEXT, "cortex", "Audience that tokens must be for."),
          secret("auth.service_tokens", TOKENS, List.of(),
              "Tokens of back-end services, as entries that the command token prints, or as bare secrets."),
          key("auth.local_auth", new Word(List.of("origin", "token")), "origin",
              "What a desktop asks of local clients: the origin rules, or the install token as well."),
          key("sync.cloud_url", URL, "", "The cloud to sync with; empty means none."),
          secret("sync.token", TEXT, "", "Token for the cloud."),
          key("sync.orgs", NAMES, List.of(), "Orgs to sync; empty means the org of the token."),
          key("sync.callback_url", URL, "", "Public URL where the cloud reaches this desktop's /ingest."),
          key("sync.callback_port", PORT, 0L,
              "Port of a second loopback listener for signed pushes only; 0 means none."),
          key("sync.poll_min_ms", new Whole(100, 3_600_000), 5_000L,
              "Polling interval while events flow, in milliseconds."),
          key("sync.poll_max_ms", new Whole(100, 3_600_000), 30_000L,
              "Polling interval when idle, and the longest backoff, in milliseconds."),
          key("callbacks.allow_private", FLAG, false,
              "Whether callback URLs may be plain http and private addresses; for tests only."),
          key("limits.events_per_second", RATE, 5_000L, "Events an org may publish in a second; 0 is unlimited."),
          key("limits.burst", QUOTA, 10_000L,
              "Events an org may publish at once after a pause; 0 is as many as in two seconds."),
          key("limits.bytes_per_second", RATE, 16_777_216L,
              "Bytes of payload an org may publish in a second, and twice as many at once; 0 is unlimited."),
          key("limits.connections", QUOTA, 50_000L, "Connections of an org; 0 is unlimited."),
          key("limits.subscriptions_per_connection", QUOTA, 128L, "Subscriptions of one connection; 0 is unlimited."),
          key("limits.consumer_groups", QUOTA, 100L, "Consumer groups of an org; 0 is unlimited.").unused(),
          key("limits.stored_bytes", QUOTA_BYTES, 0L, "Bytes of payload an org may store; 0 is unlimited."),
          key("limits.agent_events_per_second", RATE, 0L,
              "Events one agent of an org may publish in a second, and twice as many at once; 0 is unlimited."),
          key("limits.session_events_per_second", RATE, 0L,
              "Events one session may publish in a second, and twice as many at once; 0 is unlimited."),
          key("limits.connection_events_per_second", RATE, 0L,
              "Events one connection may publish in a second, and twice as many at once; 0 is unlimited."),
          key("limits.overrides",
              new TextList("a list of org.key=value, the key being one of limits", Shapes::override), List.of(),
              "Limits of single orgs, such as acme.events_per_second=100."));

  private static final Map<String, Key> BY_NAME = new LinkedHashMap<>();
  private static final Map<String, Key> BY_VARIABLE = new LinkedHashMap<>();

  static {
    for (Key key : ALL) {
      BY_NAME.put(key.name(), key);
      BY_VARIABLE.put(key.variable(), key);
    }
  }

  private Keys() {}

  /** The key of that dotted name. */
  static Optional<Key> named(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }

  /** The key that environment variable sets. */
  static Optional<Key> ofVariable(String variable) {
    return Optional.ofNullable(BY_VARIABLE.get(variable));
  }

  /** Whether keys or sections exist beneath that dotted name. */
  static boolean isSection(String name) {
    String prefix = name + '.';
    return ALL.stream().anyMatch(key -> key.name().startsWith(prefix));
  }

  /** Names of the keys and sections directly within a section, the top level being the empty name. */
  static List<String> within(String section) {
    String prefix = section.isEmpty() ? "" : section + '.';
    return ALL.stream()
        .map(Key::name)
        .filter(name -> name.startsWith(prefix))
        .map(name -> name.substring(prefix.length()))
        .map(rest -> rest.contains(".") ? rest.substring(0, rest.indexOf('.')) : rest)
        .distinct()
        .toList();
  }

  private static Key key(String name, Kind kind, Object initial, String doc) {
    return new Key(name, kind, initial, false, true, doc);
  }

  private static Key secret(String name, Kind kind, Object initial, String doc) {
    return new Key(name, kind, initial, true, true, doc);
  }
}
