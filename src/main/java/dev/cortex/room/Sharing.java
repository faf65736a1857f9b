package dev.cortex.room;

import dev.cortex.event.Desktop;
import dev.cortex.log.LocalOutbox;
import java.util.Optional;
import java.util.Set;

/**
 * What a desktop's log shares with the cloud's.
 *
 * @param outbox its outbox; empty in the cloud
 * @param orgs the orgs whose events go through it
 */
record Sharing(Optional<LocalOutbox> outbox, Set<String> orgs) {

  /** Nothing: this is the cloud, or a desktop without one. */
  static final Sharing NONE = new Sharing(Optional.empty(), Set.of());

  /** This desktop as it numbers its outbox now. */
  Optional<Desktop> desktop() {
    return outbox.map(LocalOutbox::desktop);
  }

  /** Whether events that are born here get a number in the outbox. */
  boolean isOutgoing(String orgId) {
    return outbox.isPresent() && orgs.contains(orgId);
  }
}
