package dev.cortex.bus.wire;

import dev.cortex.base.Pure;

/** Bytes that are no message of this version. Carries no stack trace: it tells of its input, not of a bug here. */
@Pure
public final class WireException extends RuntimeException {

  private final int position;

  /**
   * Refuses at a place.
   *
   * @param position index of the offending byte in the buffer that was read
   * @param problem what is wrong there
   */
  WireException(int position, String problem) {
    super(problem + " (at byte " + position + ")", null, false, false);
    this.position = position;
  }

  /** Index of the offending byte in the buffer that was read. */
  public int position() {
    return position;
  }
}
