package dev.cortex.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Gathers the layers of a configuration, checks every value and every rule, and binds the records. */
public final class ConfigLoader {

  private static final List<String> PROFILES = List.of("local", "cloud", "demo");
  private static final int FILE_BYTES_MAX = 1 << 20;

  private ConfigLoader() {}

  /**
   * Loads: defaults, packaged profile, file, environment, flags.
   *
   * @throws ConfigException with every problem found
   */
  public static EffectiveConfig load(ConfigSource source) {
    requireKnown(source.profile());
    Settings settings = new Settings();
    List<String> warnings = new ArrayList<>();
    readPackaged(source.profile(), settings);
    settings.beginUserLayers();
    source.file().ifPresent(file -> readFile(file, settings));
    new EnvironmentLayer(settings, warnings).read(source.environment());
    for (ConfigSource.Assignment flag : source.assignments()) {
      Keys.named(flag.key())
          .ifPresentOrElse(
              key -> settings.put(flag.flag(), key, flag.value()), () -> settings.unknown(flag.flag(), flag.key()));
    }
    CrossChecks checks = new CrossChecks(source.profile(), settings);
    checks.check();
    if (source.profile().equals("cloud")) {
      requireReadable(settings);
    }
    if (!settings.problems().isEmpty()) {
      throw new ConfigException(settings.problems());
    }
    warnings.addAll(checks.warnings());
    Path dataDir = dataDir(source.profile(), settings.text("data_dir"), source.environment());
    CortexConfig config = bind(source.profile(), dataDir, settings);
    return new EffectiveConfig(config, List.copyOf(warnings), EffectiveYaml.of(source.profile(), dataDir, settings));
  }

  private static void requireKnown(String profile) {
    if (!PROFILES.contains(profile)) {
      String nearest = NearestName.of(profile, PROFILES).map(name -> "; did you mean " + name + "?").orElse("");
      throw new ConfigException(
          "--profile: unknown profile " + profile + nearest + " Allowed: " + String.join(", ", PROFILES));
    }
  }

  private static void readPackaged(String profile, Settings settings) {
    String name = "conf/" + profile + ".yaml";
    try (InputStream in = ConfigLoader.class.getClassLoader().getResourceAsStream(name)) {
      if (in == null) {
        throw new ConfigException(name + ": missing from this build");
      }
      new PlainLayer(name, settings).read(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new ConfigException(name + ": cannot be read: " + e.getMessage());
    }
  }

  private static void readFile(Path file, Settings settings) {
    try {
      if (Files.size(file) > FILE_BYTES_MAX) {
        settings.problem(file.toString(), "larger than a configuration can be (1 MiB)");
        return;
      }
      new YamlLayer(file.toString(), settings).read(Files.readString(file));
    } catch (CharacterCodingException e) {
      settings.problem(file.toString(), "not UTF-8 text");
    } catch (IOException e) {
      settings.problem(file.toString(), "cannot be read (" + e.getClass().getSimpleName() + ")");
    }
  }

  /**
   * Files are looked at here, at the start, so that a wrong name is a line of the configuration and no riddle later.
   */
  private static void requireReadable(Settings settings) {
    for (String key : List.of("cluster.tls_cert", "cluster.tls_key", "cluster.tls_ca")) {
      String file = settings.text(key);
      if (!file.isEmpty() && !Files.isReadable(Path.of(file))) {
        settings.problem(settings.place(List.of(key)), key + ": " + file + " cannot be read");
      }
    }
  }

  private static Path dataDir(String profile, String text, Map<String, String> environment) {
    Path home = Path.of(System.getProperty("user.home"));
    if (text.isEmpty() && profile.equals("demo")) {
      return Path.of("");
    }
    if (text.isEmpty()) {
      String os = System.getProperty("os.name");
      return PlatformDirectory.of(profile.equals("cloud"), os, home, environment).toAbsolutePath().normalize();
    }
    boolean inHome = text.equals("~") || text.startsWith("~/");
    Path path = inHome ? home.resolve(text.substring(Math.min(2, text.length()))) : Path.of(text);
    return path.toAbsolutePath().normalize();
  }

  private static CortexConfig bind(String profile, Path dataDir, Settings s) {
    return new CortexConfig(
        profile,
        dataDir,
        new CortexConfig.Transport(
            s.whole("transport.max_queue_size_per_connection"),
            s.decimal("transport.backpressure_threshold"),
            s.flag("transport.delta_compression_enabled"),
            s.whole("transport.batch_flush_interval_ms")),
        new CortexConfig.MessageContract(
            s.flag("message_contract.require_sequence"),
            s.flag("message_contract.require_idempotency_key"),
            s.whole("message_contract.max_payload_size_kb"),
            s.whole("message_contract.ttl_seconds")),
        new CortexConfig.RetryPolicy(
            s.whole("retry_policy.max_attempts"),
            s.whole("retry_policy.initial_delay_ms"),
            s.decimal("retry_policy.backoff_multiplier"),
            s.flag("retry_policy.dead_letter_queue_enabled")),
        new CortexConfig.Observability(
            s.text("observability.trace_correlation_header"),
            s.list("observability.metrics"),
            new CortexConfig.Observability.Alerting(
                s.whole("observability.alerting.p99_latency_threshold_ms"),
                s.whole("observability.alerting.queue_depth_threshold"))),
        new CortexConfig.Server(
            s.text("server.host"),
            s.whole("server.port"),
            s.text("server.internal_host"),
            s.whole("server.internal_port"),
            s.list("server.allowed_origins"),
            s.whole("server.drain_seconds")),
        new CortexConfig.Store(
            s.text("store.url"),
            s.text("store.user"),
            s.text("store.password"),
            CortexConfig.Store.Durability.valueOf(upper(s.text("store.durability")))),
        new CortexConfig.Retention(s.whole("retention.hours")),
        new CortexConfig.Room(
            CortexConfig.Room.Sharding.valueOf(upper(s.text("room.sharding"))), s.whole("room.shards")),
        new CortexConfig.Cluster(
            s.text("cluster.name"),
            s.text("cluster.host"),
            s.whole("cluster.port"),
            s.list("cluster.members"),
            s.text("cluster.tls_cert"),
            s.text("cluster.tls_key"),
            s.text("cluster.tls_ca")),
        bindAuth(s),
        bindSync(s),
        new CortexConfig.Callbacks(s.flag("callbacks.allow_private")),
        bindLimits(s));
  }

  private static CortexConfig.Auth bindAuth(Settings s) {
    return new CortexConfig.Auth(
        s.text("auth.jwt_secret"),
        s.text("auth.jwks_url"),
        s.text("auth.issuer"),
        s.text("auth.audience"),
        s.list("auth.service_tokens"),
        CortexConfig.Auth.LocalAuth.valueOf(upper(s.text("auth.local_auth"))));
  }

  private static CortexConfig.Sync bindSync(Settings s) {
    return new CortexConfig.Sync(
        s.text("sync.cloud_url"),
        s.text("sync.token"),
        s.list("sync.orgs"),
        s.text("sync.callback_url"),
        s.whole("sync.callback_port"),
        s.whole("sync.poll_min_ms"),
        s.whole("sync.poll_max_ms"));
  }

  /** The section limits of these settings. */
  static CortexConfig.Limits bindLimits(Settings s) {
    return new CortexConfig.Limits(
        s.whole("limits.events_per_second"),
        s.whole("limits.burst"),
        s.wholeLong("limits.bytes_per_second"),
        s.whole("limits.connections"),
        s.whole("limits.subscriptions_per_connection"),
        s.whole("limits.consumer_groups"),
        s.wholeLong("limits.stored_bytes"),
        s.whole("limits.agent_events_per_second"),
        s.whole("limits.session_events_per_second"),
        s.whole("limits.connection_events_per_second"),
        s.list("limits.overrides"));
  }

  private static String upper(String word) {
    return word.toUpperCase(Locale.ROOT);
  }
}
