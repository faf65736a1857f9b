package dev.cortex.gateway;

import dev.cortex.base.Clock;
import dev.cortex.base.Rate;
import dev.cortex.base.TokenBucket;
import java.util.Optional;

/** How fast one connection publishes: an event at a time, as its rate allows. It begins with all it may do at once. */
final class Pace {

  private final Rate rate;
  private final Clock clock;
  /** Made by the first publish: most connections only listen. */
  private Optional<TokenBucket> bucket = Optional.empty();

  /** The pace of a new connection. */
  Pace(Rate rate, Clock clock) {
    this.rate = rate;
    this.clock = clock;
  }

  /** Takes one event: 0 when it may pass, else milliseconds until the next one may, and none was taken. */
  long take() {
    if (rate.unlimited()) {
      return 0;
    }
    long nowNs = clock.monotonicNs();
    if (bucket.isEmpty()) {
      bucket = Optional.of(new TokenBucket(rate, nowNs - rate.fillNs(), nowNs));
    }
    return bucket.get().take(1, nowNs) ? 0 : Math.max(1, bucket.get().waitMs(1, nowNs));
  }

  /** What the limit is. */
  String sentence() {
    return "limits.connection_events_per_second: this connection may publish " + rate.perSecond()
        + " events a second and " + rate.atOnce() + " at once";
  }
}
