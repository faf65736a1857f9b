package dev.cortex.auth;

import dev.cortex.base.Pure;
import dev.cortex.event.ErrorCode;

/** What a guard makes of a request before anything else looks at it. */
@Pure
public sealed interface GuardDecision {

  /** Nothing more to check. */
  GuardDecision OPEN = new Open();

  /** The request is heard without a token. */
  record Open() implements GuardDecision {}

  /**
   * The request is heard if its token is good.
   *
   * @param token as shown, not checked yet; 1 to {@link ShownToken#CHARS_MAX} characters that need no quoting
   * @param byHeader whether it came as a header; a service's token may come in no other way
   */
  record Ask(String token, boolean byHeader) implements GuardDecision {

    /** Without the token: what is printed may be logged. */
    @Override
    public String toString() {
      return "Ask[byHeader=" + byHeader + "]";
    }
  }

  /** The request is not heard. */
  record Refused(LocalGuard.Refusal refusal) implements GuardDecision {}

  /** A refusal with a code and one sentence for the caller. */
  static GuardDecision refused(ErrorCode code, String message) {
    return new Refused(new LocalGuard.Refusal(code, message));
  }
}
