package dev.cortex.gateway;

import dev.cortex.base.Clock;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Feeds that were polled lately and stay attached for the next poll, which is then answered from memory. Bounded in
 * time and number; whoever was not polled for the longest time goes first.
 */
final class Lingering {

  /** Three times the longest interval at which desktops poll. */
  static final long LINGER_SECONDS = 90;

  private record Stay(long untilNs, Runnable letGo) {}

  private final Clock clock;
  private final int feedsMax;
  private final Map<Feed, Stay> stays = new LinkedHashMap<>();

  /** Nobody lingers yet. */
  Lingering(Clock clock, int feedsMax) {
    this.clock = clock;
    this.feedsMax = feedsMax;
  }

  /** A feed was polled: it stays for another while. */
  void polled(Feed feed) {
    Stay before = stays.remove(feed);
    Runnable letGo = before == null ? feed.hold() : before.letGo();
    stays.put(feed, new Stay(clock.monotonicNs() + TimeUnit.SECONDS.toNanos(LINGER_SECONDS), letGo));
    if (stays.size() > feedsMax) {
      endEldest();
    }
  }

  /** Lets those go whose time is over. To be called about once a second. */
  void tick() {
    long nowNs = clock.monotonicNs();
    // in the order of their last polls, which is the order of their ends
    while (!stays.isEmpty() && stays.values().iterator().next().untilNs() - nowNs <= 0) {
      endEldest();
    }
  }

  /** How many there are. */
  int size() {
    return stays.size();
  }

  private void endEldest() {
    Iterator<Stay> eldest = stays.values().iterator();
    Stay stay = eldest.next();
    eldest.remove();
    stay.letGo().run();
  }
}
