package dev.cortex.log;

import dev.cortex.base.Pure;

/**
 * An event id or idempotency key of an org, as 128 bits: a UUID as it is (so that time-ordered ids stay neighbours in
 * the index), any other text hashed.
 *
 * @param orgId tenant; a key of one org never meets a key of another
 * @param kind what the bits stand for
 * @param hi upper 64 bits
 * @param lo lower 64 bits
 */
@Pure
public record KeyRef(String orgId, Kind kind, long hi, long lo) {

  /** What the bits of a key stand for; the number is stored. */
  public enum Kind {
    /** An event id that is a UUID. */
    UUID(0),
    /** The hash of any other event id. */
    ID(1),
    /** The hash of an idempotency key. */
    IDEMPOTENCY(2);

    private final int number;

    Kind(int number) {
      this.number = number;
    }

    /** The number in the store. */
    public int number() {
      return number;
    }
  }
}
