package dev.cortex.sync;

import dev.cortex.bus.Message.Answer;
import dev.cortex.event.Desktop;
import dev.cortex.ops.Metrics;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import java.util.function.Supplier;

/** How the sync stands, for people and for metrics. */
final class SyncStatus {

  private static final String OFF = "off";
  private static final long MS = 1_000;

  /** What metrics show; taken on the sync's own thread. */
  private record Numbers(int mode, long depth, long oldestMs, long lagMs, int breakerOpen) {}

  private final String cloud;
  private final String without;
  private final Collection<OrgSync> orgs;
  private final PushLease lease;
  private final Supplier<Optional<Desktop>> desktop;
  private final OutboxGate gate;
  private volatile Numbers numbers = new Numbers(0, 0, 0, 0, 0);

  /**
   * The status of these orgs.
   *
   * @param without what is wrong when there are none
   */
  SyncStatus(
      String cloud,
      String without,
      Collection<OrgSync> orgs,
      PushLease lease,
      Supplier<Optional<Desktop>> desktop,
      OutboxGate gate) {
    this.cloud = cloud;
    this.without = without;
    this.orgs = orgs;
    this.lease = lease;
    this.desktop = desktop;
    this.gate = gate;
  }

  /** Shows the numbers that were looked at last. */
  void register(Metrics metrics) {
    metrics.gauge(
        "cortex_sync_mode",
        "How news of the cloud come: 0 off, 1 offline, 2 poll, 3 held, 4 push, 5 refused;"
            + " the worst org's.",
        () -> numbers.mode());
    metrics.gauge(
        "cortex_outbox_depth_events", "Events that the cloud did not answer for yet.", () -> numbers.depth());
    metrics.gauge(
        "cortex_outbox_oldest_seconds", "How long the oldest of them waits.", () -> numbers.oldestMs() / MS);
    metrics.gauge(
        "cortex_sync_lag_seconds", "How long ago it was last certain that nothing of the cloud is missing.",
        () -> numbers.lagMs() / MS);
    metrics.gauge(
        "cortex_sync_breaker_open", "Whether the breaker to the cloud is open.", () -> numbers.breakerOpen());
  }

  /** Looks at the numbers. */
  void look() {
    numbers = new Numbers(
        mode().map(Mode::number).orElse(0),
        depth(),
        orgs.stream().mapToLong(org -> org.oldestMs()).max().orElse(0),
        lagMs(),
        gate.isClosed() ? 0 : 1);
  }

  /** The answer to whoever asks. */
  Answer answer() {
    JsonArray each = new JsonArray();
    orgs.forEach(org -> each.add(org.status()));
    JsonObject body = new JsonObject()
        .put("mode", mode().map(Mode::text).orElse(OFF))
        .put("cloud", cloud)
        .put("desktop", desktop.get().map(Desktop::text).orElse(null))
        .put("lagMs", lagMs())
        .put("outboxDepth", depth())
        .put("breaker", gate.word())
        .put("setAside", orgs.stream().mapToLong(org -> org.sender().standing().setAside()).sum())
        .put("lastError", lastError().isEmpty() ? null : lastError())
        .put("callback", lease.status())
        .put("orgs", each);
    return new Answer(200, body.toBuffer().getBytes());
  }

  private Optional<Mode> mode() {
    return orgs.stream().map(OrgSync::mode).reduce(Mode::worse);
  }

  private long depth() {
    return orgs.stream().mapToLong(org -> org.sender().standing().depth()).sum();
  }

  private long lagMs() {
    return orgs.stream().mapToLong(org -> org.inbound().lagMs()).max().orElse(0);
  }

  private String lastError() {
    if (orgs.isEmpty()) {
      return without;
    }
    return orgs.stream()
        .filter(org -> !org.lastError().isEmpty())
        .min(Comparator.comparing(OrgSync::mode))
        .map(org -> org.orgId() + ": " + org.lastError())
        .orElse(lease.trouble());
  }
}
