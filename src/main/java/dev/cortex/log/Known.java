package dev.cortex.log;

import dev.cortex.base.Pure;
import java.util.Map;

/** What the log knows of the keys and sessions it was asked for. */
@Pure
public record Known(Map<KeyRef, KeyRow> keys, Map<SessionRef, SessionRow> sessions) {}
