package dev.cortex.ingest;

import dev.cortex.base.Pure;

/**
 * How much may wait: events and bytes, of one org and of all. An org may hold a quarter; when others have filled it,
 * one of which nothing waits still finds room for an append, up to twice the bound.
 */
@Pure
final class Waitlist {

  private static final int ORGS_TO_FILL = 4;

  /** What waits of one org. */
  static final class Share {
    private int events;
    private long bytes;
  }

  private final int eventsMax;
  private final long bytesMax;
  private int events;
  private long bytes;

  /** Nothing waits yet. */
  Waitlist(int eventsMax, long bytesMax) {
    this.eventsMax = eventsMax;
    this.bytesMax = bytesMax;
  }

  /** Whether one more append of an org may begin to wait. */
  boolean fits(Share share, int moreEvents, int moreBytes) {
    // one giant may not shut the door on everyone of whom nothing waits
    long size = Math.min(moreBytes, bytesMax / 2);
    return share.events == 0
        ? events == 0 || within(events + moreEvents, bytes + size, 2 * eventsMax, 2 * bytesMax)
        : within(share.events + moreEvents, share.bytes + size, eventsMax / ORGS_TO_FILL, bytesMax / ORGS_TO_FILL)
            && within(events + moreEvents, bytes + size, eventsMax, bytesMax);
  }

  /** An append waits, whether it fits or not. */
  void add(Share share, int moreEvents, int moreBytes) {
    share.events += moreEvents;
    share.bytes += moreBytes;
    events += moreEvents;
    bytes += moreBytes;
  }

  /** An append waits no more. */
  void remove(Share share, int lessEvents, int lessBytes) {
    add(share, -lessEvents, -lessBytes);
  }

  /** Events that wait. */
  int events() {
    return events;
  }

  private static boolean within(long events, long bytes, long eventsMax, long bytesMax) {
    return events <= eventsMax && bytes <= bytesMax;
  }
}
