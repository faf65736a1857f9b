package dev.cortex.log;

import dev.cortex.base.Pure;

/**
 * What is remembered of an accepted event under one of its keys.
 *
 * @param key the key
 * @param offset the event's offset
 * @param sequence its sequence, 0 without a session
 * @param contentHi upper 64 bits of the hash over type, agent, session and payload
 * @param contentLo lower 64 bits of it
 */
@Pure
public record KeyRow(KeyRef key, long offset, long sequence, long contentHi, long contentLo) {}
