package dev.cortex.ops;

import dev.cortex.base.Clock;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;

/**
 * Counts and times what happens on the event path; every method may be called from any thread and never blocks.
 *
 * <p>Recording touches plain counters of the JDK only. The Prometheus library is loaded by the first {@link #scrape},
 * because loading it costs more than a sixth of the time in which a desktop server has to be ready.
 */
public final class Metrics {

  /** What a poll's answer was made from. */
  public enum PollSource {
    /** What its gateway knew already. */
    MEMORY,
    /** What the org's room knew, and nothing read from the log. */
    ROOM,
    /** A page read from the log. */
    LOG;

    private final String label = name().toLowerCase(Locale.ROOT);
  }

  /** What a push to a callback came to. */
  public enum PushResult {
    /** The desktop took it. */
    APPLIED,
    /** The desktop had it already. */
    DUPLICATE,
    /** The desktop stands elsewhere and says where. */
    BEHIND,
    /** No answer, or one that is none. */
    FAILED,
    /** The callback's address may not be used. */
    REFUSED_ADDRESS;

    private final String label = name().toLowerCase(Locale.ROOT);
  }

  /** The four names that are part of the product contract; configuration chooses which of them are shown. */
  public static final List<String> CONTRACT_NAMES =
      List.of("publish_latency_ms", "queue_depth", "ack_latency_ms", "duplicate_rejection_count");

  /** Codes beyond this many are counted together, so that no caller can grow the text without bound. */
  static final int CODES_MAX = 64;

  private static final String OTHER_CODE = "other";
  private static final Pattern CODE = Pattern.compile("[a-z][a-z0-9_]{0,47}");
  private static final Pattern GAUGE_NAME = Pattern.compile("queue_depth|cortex_[a-z0-9_]{1,80}");
  private static final double[] QUANTILES = {0.5, 0.9, 0.99};

  private final Set<String> shown;
  private final Clock clock;
  private final long startedNs;

  private final LongAdder accepted = new LongAdder();
  private final LongAdder duplicates = new LongAdder();
  private final LongAdder deliveries = new LongAdder();
  private final LongAdder prunedEvents = new LongAdder();
  private final LongAdder prunedRows = new LongAdder();
  private final LongAdder pruneFailures = new LongAdder();
  private final LongAdder claims = new LongAdder();
  private final LongAdder deposed = new LongAdder();
  private final LongAdder passivated = new LongAdder();
  private final LongAdder syncConflicts = new LongAdder();
  private final LongAdder callbackEvents = new LongAdder();
  private final LongAdder callbacksDropped = new LongAdder();
  private final LongAdder callbackAddressesRefused = new LongAdder();
  private final Map<String, LongAdder> callbackPushes = new TreeMap<>();
  private final Map<String, LongAdder> refused = new ConcurrentHashMap<>();
  private final Map<String, LongAdder> polls = new TreeMap<>();
  private final SyncCounters sync = new SyncCounters();
  private final Distribution publishNs = stage();
  private final Distribution commitNs = stage();
  private final Distribution fanOutNs = stage();
  private final Distribution ackNs = stage();
  private final Distribution batchEvents = new Distribution(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000);
  private final RecentLatency publishRecent;
  private final RecentLatency ackRecent;
  private final Gauges gauges = new Gauges();

  /** Metrics that show all of the contract's names, on the clocks of this machine. */
  public Metrics() {
    this(Set.copyOf(CONTRACT_NAMES), Clock.SYSTEM);
  }

  /**
   * Metrics that show a choice of the contract's names; everything is counted either way.
   *
   * @param shown some of {@link #CONTRACT_NAMES}
   * @throws IllegalArgumentException when another name is among them
   */
  public Metrics(Set<String> shown, Clock clock) {
    for (String name : shown) {
      if (!CONTRACT_NAMES.contains(name)) {
        throw new IllegalArgumentException("no metric " + name + "; there are " + CONTRACT_NAMES);
      }
    }
    this.shown = Set.copyOf(shown);
    this.clock = clock;
    this.startedNs = clock.monotonicNs();
    this.publishRecent = new RecentLatency(startedNs);
    this.ackRecent = new RecentLatency(startedNs);
    for (PollSource source : PollSource.values()) {
      polls.put(source.label, new LongAdder());
    }
    for (PushResult result : PushResult.values()) {
      callbackPushes.put(result.label, new LongAdder());
    }
    gauges.add("queue_depth", "Events waiting in the deepest queue of a connection.", Math::max, () -> 0);
  }

  /** One publish request was answered after that many nanoseconds at the door. */
  public void publishAnswered(long ns) {
    publishNs.record(ns);
    publishRecent.record(ns, clock.monotonicNs());
  }

  /** One ack of a delivery was confirmed after that many nanoseconds. */
  public void ackAnswered(long ns) {
    ackNs.record(ns);
    ackRecent.record(ns, clock.monotonicNs());
  }

  /** One group commit of that many events took that long. */
  public void committed(int events, long ns) {
    accepted.add(events);
    batchEvents.record(events);
    commitNs.record(ns);
  }

  /** That many events were answered as duplicates. */
  public void duplicatesRejected(int count) {
    duplicates.add(count);
  }

  /** That many events were refused with this error code. */
  public void refused(String code, int count) {
    LongAdder counter = refused.get(code);
    if (counter == null) {
      boolean known = CODE.matcher(code).matches() && refused.size() < CODES_MAX;
      counter = refused.computeIfAbsent(known ? code : OTHER_CODE, absent -> new LongAdder());
    }
    counter.add(count);
  }

  /** Events handed to the sockets of that many connections, in one pass that took that long. */
  public void fannedOut(long deliveries, long ns) {
    this.deliveries.add(deliveries);
    fanOutNs.record(ns);
  }

  /** A poll is answered from there. */
  public void polled(PollSource source) {
    polls.get(source.label).increment();
  }

  /** What a desktop's sync counts. */
  public SyncCounters sync() {
    return sync;
  }

  /** The pruner removed that many events. */
  public void pruned(long events) {
    prunedEvents.add(events);
  }

  /** The pruner removed that many keys, sessions and heads that outlived their use. */
  public void swept(long rows) {
    prunedRows.add(rows);
  }

  /** This node claimed that many shards. */
  public void claimed(int shards) {
    claims.add(shards);
  }

  /** The append of an org was refused because another node owns its shard. */
  public void deposed() {
    deposed.increment();
  }

  /** That many rooms left memory because nobody used them. */
  public void passivated(int rooms) {
    passivated.add(rooms);
  }

  /** That many events came from the cloud though this log had others in their session or under their key. */
  public void syncConflicts(int events) {
    syncConflicts.add(events);
  }

  /** A push to a callback came to that; so many events were in it that the desktop has now. */
  public void callbackPushed(PushResult result, int events) {
    callbackPushes.get(result.label).increment();
    callbackEvents.add(events);
  }

  /** A callback is pushed to no more until it registers again. */
  public void callbackDropped() {
    callbacksDropped.increment();
  }

  /** A callback was not connected to, because its address may not be used. */
  public void callbackAddressRefused() {
    callbackAddressesRefused.increment();
  }

  /** A pruning pass failed; it is tried again. */
  public void pruneFailed() {
    pruneFailures.increment();
  }

  /**
   * Registers a value to be read at each scrape, under a canonical name such as {@code cortex_connections}. Several
   * parts may register the same name: their sum is shown, except for {@code queue_depth}, which shows the greatest.
   *
   * @param value read from the scraping thread; must not block
   * @throws IllegalArgumentException when the name has another shape
   */
  public void gauge(String name, String help, LongSupplier value) {
    if (!GAUGE_NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("a gauge is named queue_depth or cortex_…, not " + name);
    }
    gauges.add(name, help, Long::sum, value);
  }

  /** The time in ms within which 99 % of the last minute's publishes were answered; NaN when there were none. */
  public double publishP99Ms() {
    return publishRecent.quantilesMs(clock.monotonicNs(), 0.99)[0];
  }

  /** Publishes answered in the last minute. */
  public long recentPublishes() {
    return publishRecent.count(clock.monotonicNs());
  }

  /** Events waiting in the deepest queue of a connection. */
  public long queueDepth() {
    return gauges.value("queue_depth");
  }

  /**
   * The Prometheus text of everything counted so far. The first call loads the Prometheus library and takes tens of
   * milliseconds: call it from a worker thread.
   */
  public String scrape() {
    PrometheusText text = new PrometheusText();
    writeContractNames(text);
    writeCounters(text);
    text.histogram(
        "cortex_stage_seconds",
        "Time by stage: publish (door to answer), commit, fanout (one pass), ack.",
        "stage",
        Map.of("publish", publishNs, "commit", commitNs, "fanout", fanOutNs, "ack", ackNs),
        1e9);
    text.histogram("cortex_commit_batch_events", "Events by group commit.", "", Map.of("", batchEvents), 1);
    gauges.all().forEach((name, gauge) -> {
      if (!CONTRACT_NAMES.contains(name) || shown.contains(name)) {
        text.gauge(name, gauge.help(), gauge.value());
      }
    });
    writeProcess(text);
    return text.text();
  }

  private void writeContractNames(PrometheusText text) {
    long nowNs = clock.monotonicNs();
    if (shown.contains("publish_latency_ms")) {
      text.summary(
          "publish_latency_ms", "Publish request to answer, in ms; quantiles over the last minute.",
          publishNs, 1e6, QUANTILES, publishRecent.quantilesMs(nowNs, QUANTILES));
    }
    if (shown.contains("ack_latency_ms")) {
      text.summary(
          "ack_latency_ms", "Ack to confirmation, in ms; quantiles over the last minute.",
          ackNs, 1e6, QUANTILES, ackRecent.quantilesMs(nowNs, QUANTILES));
    }
    if (shown.contains("duplicate_rejection_count")) {
      text.gauge("duplicate_rejection_count", "Events answered as duplicates since the start.", duplicates.sum());
    }
  }

  private void writeCounters(PrometheusText text) {
    text.counter("cortex_publishes", "Publish requests answered.", publishNs.count());
    text.counter("cortex_events_accepted", "Events committed.", accepted.sum());
    text.counter("cortex_duplicates", "Events answered as duplicates.", duplicates.sum());
    text.counters("cortex_refused", "Events refused, by error code.", "code", refused);
    text.counter("cortex_deliveries", "Events handed to sockets.", deliveries.sum());
    text.counters("cortex_polls", "Polls answered, by what the answer was made from.", "source", polls);
    sync.write(text);
    text.counter("cortex_pruned_events", "Events removed by retention.", prunedEvents.sum());
    text.counter("cortex_pruned_rows", "Keys, sessions and heads removed after their use.", prunedRows.sum());
    text.counter("cortex_prune_failures", "Pruning passes that failed.", pruneFailures.sum());
    text.counter("cortex_shard_claims", "Shards claimed by this node.", claims.sum());
    text.counter(
        "cortex_deposed_appends", "Appends of an org refused because another node owns its shard.", deposed.sum());
    text.counter(
        "cortex_sync_conflicts", "Events of the cloud whose session or key this log had given away.",
        syncConflicts.sum());
    text.counter("cortex_rooms_passivated", "Rooms that left memory because nobody used them.", passivated.sum());
    text.counters("cortex_callback_pushes", "Pushes to callbacks, by what they came to.", "result", callbackPushes);
    text.counter("cortex_callback_events", "Events that desktops took from pushes.", callbackEvents.sum());
    text.counter("cortex_callbacks_dropped", "Callbacks given up until they register again.", callbacksDropped.sum());
    text.counter(
        "cortex_callback_refused_addresses", "Callbacks not connected to, because of their address.",
        callbackAddressesRefused.sum());
  }

  private void writeProcess(PrometheusText text) {
    Runtime runtime = Runtime.getRuntime();
    text.gauge("cortex_uptime_seconds", "Time since the start.", (clock.monotonicNs() - startedNs) / 1e9);
    text.gauge("cortex_jvm_heap_used_bytes", "Heap in use.", runtime.totalMemory() - runtime.freeMemory());
    text.gauge("cortex_jvm_heap_max_bytes", "Most heap the process may use.", runtime.maxMemory());
    List<GarbageCollectorMXBean> collectors = ManagementFactory.getGarbageCollectorMXBeans();
    long collections = collectors.stream().mapToLong(GarbageCollectorMXBean::getCollectionCount).sum();
    long collectedMs = collectors.stream().mapToLong(GarbageCollectorMXBean::getCollectionTime).sum();
    text.counter("cortex_jvm_gc_collections", "Garbage collections.", collections);
    text.counter("cortex_jvm_gc_seconds", "Time spent collecting garbage.", collectedMs / 1e3);
  }

  private static Distribution stage() {
    return new Distribution(
        100_000L, 250_000L, 500_000L, 1_000_000L, 2_500_000L, 5_000_000L, 10_000_000L, 25_000_000L, 50_000_000L,
        100_000_000L, 250_000_000L, 500_000_000L, 1_000_000_000L, 2_500_000_000L, 5_000_000_000L, 10_000_000_000L);
  }
}
