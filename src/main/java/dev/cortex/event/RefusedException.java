package dev.cortex.event;

/**
 * A request that cannot be served, with the code a client acts on. Carries no stack trace: it is an answer, not a bug.
 */
public final class RefusedException extends RuntimeException {

  private final ErrorCode code;

  /**
   * Refuses with a code and a message that says what was wrong, where, and what is allowed.
   *
   * @param code entry of the error table
   * @param message one sentence for the caller
   */
  public RefusedException(ErrorCode code, String message) {
    super(message, null, false, false);
    this.code = code;
  }

  /** The entry of the error table. */
  public ErrorCode code() {
    return code;
  }
}
