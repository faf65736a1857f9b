package dev.cortex.room;

import dev.cortex.base.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * What is said of a trouble that repeats itself: the first time at once, then once in a while with how often it was left
 * out. A store that refuses every commit would otherwise fill the disk with the news.
 */
final class Complaints {

  private static final long PAUSE_NS = TimeUnit.SECONDS.toNanos(10);

  private final Clock clock;
  private final Map<String, Said> said = new HashMap<>();

  private static final class Said {
    long atNs;
    long leftOut;
  }

  Complaints(Clock clock) {
    this.clock = clock;
  }

  /**
   * Whether to complain now.
   *
   * @param trouble one of a few names
   * @return what to add to the complaint, empty text when nothing was left out; empty to say nothing
   */
  Optional<String> of(String trouble) {
    long nowNs = clock.monotonicNs();
    Said last = said.get(trouble);
    if (last == null) {
      last = new Said();
      said.put(trouble, last);
    } else if (nowNs - last.atNs < PAUSE_NS) {
      last.leftOut++;
      return Optional.empty();
    }
    String others = last.leftOut == 0 ? "" : " (and " + last.leftOut + " more like it before)";
    last.atNs = nowNs;
    last.leftOut = 0;
    return Optional.of(others);
  }
}
