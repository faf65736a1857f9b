package dev.cortex.config;

import dev.cortex.base.Rate;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * The effective configuration of one process: one record per section of the configuration file, every value checked.
 *
 * @param profile {@code local}, {@code cloud} or {@code demo}
 * @param dataDir where everything durable lives; the empty path in a demo that leaves nothing behind
 */
public record CortexConfig(
    String profile,
    Path dataDir,
    Transport transport,
    MessageContract messageContract,
    RetryPolicy retryPolicy,
    Observability observability,
    Server server,
    Store store,
    Retention retention,
    Room room,
    Cluster cluster,
    Auth auth,
    Sync sync,
    Callbacks callbacks,
    Limits limits) {

  /** Whether this is a node of the cloud and not a desktop. */
  public boolean cloud() {
    return profile.equals("cloud");
  }

  /** How events leave: queue bound per connection (events), signal threshold (0 to 1), deltas, coalescing time. */
  public record Transport(
      int maxQueueSizePerConnection,
      double backpressureThreshold,
      boolean deltaCompressionEnabled,
      int batchFlushIntervalMs) {}

  /** What producers must send, the payload limit in KiB, and the default TTL of orchestration state in seconds. */
  public record MessageContract(
      boolean requireSequence, boolean requireIdempotencyKey, int maxPayloadSizeKb, int ttlSeconds) {

    /** The payload limit in bytes. */
    public int maxPayloadBytes() {
      return maxPayloadSizeKb * 1024;
    }
  }

  /** Redelivery to consumer groups; {@code maxAttempts} counts executions. */
  public record RetryPolicy(
      int maxAttempts, int initialDelayMs, double backoffMultiplier, boolean deadLetterQueueEnabled) {}

  /** Trace header, exposed metrics, alert thresholds. */
  public record Observability(String traceCorrelationHeader, List<String> metrics, Alerting alerting) {

    /** Thresholds that raise an alert. */
    public record Alerting(int p99LatencyThresholdMs, int queueDepthThreshold) {}
  }

  /** Listening addresses and the browser origins that may connect. Port 0 means any free port. */
  public record Server(
      String host, int port, String internalHost, int internalPort, List<String> allowedOrigins, int drainSeconds) {}

  /** The database: empty URL means SQLite in the data directory. */
  public record Store(String url, String user, String password, Durability durability) {

    /** Whether the store is SQLite in the data directory. */
    public boolean inDataDir() {
      return url.isEmpty();
    }

    /** What a commit survives. */
    public enum Durability {
      /** Kill and power loss. */
      FULL,
      /** Kill; a power loss may take a last part, and then the log ids change. */
      RELAXED
    }
  }

  /** How long events are kept, by receive time. */
  public record Retention(int hours) {}

  /** How orgs map to rooms and rooms to shards. */
  public record Room(Sharding sharding, int shards) {

    /** One room per org, or one for all. */
    public enum Sharding {
      ORG,
      GLOBAL
    }
  }

  /** Cluster membership. */
  public record Cluster(
      String name, String host, int port, List<String> members, String tlsCert, String tlsKey, String tlsCa) {

    /** How far the port of messages between nodes is above that of membership. */
    public static final int BUS_PORT_ABOVE = 1_000;

    /** Whether there may be other nodes. */
    public boolean joins() {
      return !members.isEmpty();
    }

    /** The port of messages between nodes. */
    public int busPort() {
      return port + BUS_PORT_ABOVE;
    }

    /** Whether messages between nodes travel by mutual TLS. */
    public boolean tls() {
      return !tlsCert.isEmpty();
    }
  }

  /** Who may enter. */
  public record Auth(
      String jwtSecret,
      String jwksUrl,
      String issuer,
      String audience,
      List<String> serviceTokens,
      LocalAuth localAuth) {

    /** What a desktop asks of local clients. */
    public enum LocalAuth {
      /** Host, Origin and Sec-Fetch-Site rules only. */
      ORIGIN,
      /** The per-install token as well. */
      TOKEN
    }
  }

  /** The desktop's link to the cloud; an empty URL means none. */
  public record Sync(
      String cloudUrl,
      String token,
      List<String> orgs,
      String callbackUrl,
      int callbackPort,
      int pollMinMs,
      int pollMaxMs) {

    /** Whether there is a cloud to sync with. */
    public boolean enabled() {
      return !cloudUrl.isEmpty();
    }

    /**
     * The orgs whose events travel: those that are named, else those the token is for. Empty without a cloud, and when
     * neither names any. What it reads it reads anew at each call.
     */
    public Set<String> syncedOrgs() {
      if (!enabled()) {
        return Set.of();
      }
      return orgs.isEmpty() ? TokenOrgs.of(token) : Set.copyOf(orgs);
    }

    /** Why no org travels in spite of a cloud, and what is to be set; of use only when none does. */
    public String whyNoOrgs() {
      return token.isEmpty()
          ? "sync.token is empty"
          : "sync.orgs is empty, and " + TokenOrgs.whyNone(token) + ": name the orgs in sync.orgs";
    }
  }

  /** Rules for callback URLs. */
  public record Callbacks(boolean allowPrivate) {}

  /** Quotas per org; 0 means unlimited, but for the burst, which then is two seconds' worth. See {@link OrgLimits}. */
  public record Limits(
      int eventsPerSecond,
      int burst,
      long bytesPerSecond,
      int connections,
      int subscriptionsPerConnection,
      int consumerGroups,
      long storedBytes,
      int agentEventsPerSecond,
      int sessionEventsPerSecond,
      int connectionEventsPerSecond,
      List<String> overrides) {

    /** Events an org may publish. */
    public Rate events() {
      return burst == 0 ? Rate.perSecond(eventsPerSecond) : new Rate(eventsPerSecond, burst);
    }

    /** Bytes of payload an org may publish. */
    public Rate bytes() {
      return Rate.perSecond(bytesPerSecond);
    }

    /** Events one agent may publish. */
    public Rate agentEvents() {
      return Rate.perSecond(agentEventsPerSecond);
    }

    /** Events one session may publish. */
    public Rate sessionEvents() {
      return Rate.perSecond(sessionEventsPerSecond);
    }

    /** Events one connection may publish. */
    public Rate connectionEvents() {
      return Rate.perSecond(connectionEventsPerSecond);
    }
  }
}
