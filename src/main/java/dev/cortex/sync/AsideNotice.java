package dev.cortex.sync;

import dev.cortex.bus.Message.Refusal;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.util.List;
import java.util.Optional;

/** Says in the log that the cloud refused events of an org for good: one line in a few seconds, however many. */
final class AsideNotice {

  private static final Logger LOG = LoggerFactory.getLogger(AsideNotice.class);
  private static final long EVERY_MS = 5_000;

  private final String orgId;
  private final BridgeWorld world;
  private Optional<Refusal> first = Optional.empty();
  private long count;
  private long quietUntilMs;

  /** Nothing to say. */
  AsideNotice(String orgId, BridgeWorld world) {
    this.orgId = orgId;
    this.world = world;
    this.quietUntilMs = world.nowMs();
  }

  /** These were set aside. */
  void refused(List<Refusal> refusals) {
    count += refusals.size();
    first = first.or(() -> refusals.stream().findFirst());
    tick();
  }

  /** Looks at the clock. */
  void tick() {
    if (first.isEmpty() || world.nowMs() < quietUntilMs) {
      return;
    }
    LOG.warn(line(orgId, count, first.get()));
    quietUntilMs = world.nowMs() + EVERY_MS;
    first = Optional.empty();
    count = 0;
  }

  /** The words for so many events, of which this is the first. */
  static String line(String orgId, long count, Refusal first) {
    return "the cloud refused " + count + (count == 1 ? " event" : " events") + " of " + orgId
        + " for good, set aside here: " + (count == 1 ? "" : "the first with ") + first.code() + " ("
        + first.message() + "); see GET /api/sync/set-aside?orgId=" + orgId;
  }
}
