package dev.cortex.gateway;

import dev.cortex.base.Pure;
import dev.cortex.event.Channel;
import dev.cortex.event.StoredEvent;
import java.util.ArrayList;
import java.util.List;

/**
 * Which events of an org a subscription receives: those beneath its channel, less those that another subscription of
 * the same connection delivers, so that overlapping channels deliver nothing twice.
 *
 * @param channel what was subscribed to
 * @param exclusions what other subscriptions deliver
 */
@Pure
record Filter(Channel channel, List<Exclusion> exclusions) {

  /**
   * Offsets in (after, through] that are delivered elsewhere: beneath a channel or, {@code outside}, everywhere else.
   */
  record Exclusion(Channel channel, long after, long through, boolean outside) {

    Exclusion(Channel channel, long after, long through) {
      this(channel, after, through, false);
    }

    boolean covers(StoredEvent event) {
      return event.offset() > after
          && event.offset() <= through
          && channel.covers(event.agentId(), event.sessionId()) != outside;
    }
  }

  /** Whether every event of the org passes. */
  boolean passesAll() {
    return channel.isRoot() && exclusions.isEmpty();
  }

  boolean passes(StoredEvent event) {
    if (!channel.covers(event.agentId(), event.sessionId())) {
      return false;
    }
    for (Exclusion exclusion : exclusions) {
      if (exclusion.covers(event)) {
        return false;
      }
    }
    return true;
  }

  /** The events that pass, in order; the same list when all do. */
  List<StoredEvent> of(List<StoredEvent> events) {
    if (passesAll()) {
      return events;
    }
    List<StoredEvent> passed = new ArrayList<>();
    for (StoredEvent event : events) {
      if (passes(event)) {
        passed.add(event);
      }
    }
    return passed;
  }

  /** This filter after the subscription to {@code other} ended, having delivered everything up to {@code through}. */
  Filter ended(Channel other, long through) {
    List<Exclusion> changed = new ArrayList<>();
    for (Exclusion exclusion : exclusions) {
      boolean itsOwn = exclusion.channel().equals(other) && exclusion.through() == Long.MAX_VALUE;
      changed.add(itsOwn ? new Exclusion(other, exclusion.after(), through) : exclusion);
    }
    return new Filter(channel, List.copyOf(changed));
  }

  /** This filter, with nothing in (after, through] but what lies beneath {@code channel}. */
  Filter only(Channel onlyChannel, long after, long through) {
    List<Exclusion> changed = new ArrayList<>(exclusions);
    changed.add(new Exclusion(onlyChannel, after, through, true));
    return new Filter(channel, List.copyOf(changed));
  }

  /** This filter without what lies behind a reader that stands at {@code position}. */
  Filter past(long position) {
    return new Filter(channel, exclusions.stream().filter(e -> e.through() > position).toList());
  }
}
