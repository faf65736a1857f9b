package dev.cortex.callback;

import dev.cortex.base.Pure;
import dev.cortex.event.StoredEvent;
import java.util.List;

/**
 * A part of an org's log.
 *
 * @param events the events after an offset, all of those up to {@code through}, and perhaps some beyond it
 * @param through an offset of that log
 */
@Pure
record Stretch(List<StoredEvent> events, long through) {}
