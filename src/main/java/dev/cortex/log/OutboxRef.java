package dev.cortex.log;

import dev.cortex.base.Pure;
import dev.cortex.event.Desktop;

/** The outbox of a desktop in one org, as the cloud names it. */
@Pure
public record OutboxRef(String orgId, Desktop desktop) {}
