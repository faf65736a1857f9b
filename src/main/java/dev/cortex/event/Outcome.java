package dev.cortex.event;

import dev.cortex.base.Pure;
import java.util.Optional;

/**
 * What became of one published event, in the order it was sent.
 *
 * @param id the event's id, empty when it had none that could be read
 * @param status accepted, duplicate, rejected or unknown
 * @param offset place in the log; 0 when there is none to tell
 * @param sequence number in its session; 0 when there is none to tell
 * @param error why not, for rejected and unknown
 * @param message the reason in a sentence, empty without an error
 */
@Pure
public record Outcome(String id, Status status, long offset, long sequence, Optional<ErrorCode> error, String message) {

  /** The fate of one event. */
  public enum Status {
    /** Committed by this request. */
    ACCEPTED("accepted"),
    /** Committed by an earlier request; offset and sequence are the original's. */
    DUPLICATE("duplicate"),
    /** Not stored, and a repeat will not be either. */
    REJECTED("rejected"),
    /** Not answered for: repeat with the same key. */
    UNKNOWN("unknown");

    private final String text;

    Status(String text) {
      this.text = text;
    }

    /** The word on the wire. */
    public String text() {
      return text;
    }
  }

  /** Committed at that place. */
  public static Outcome accepted(String id, long offset, long sequence) {
    return new Outcome(id, Status.ACCEPTED, offset, sequence, Optional.empty(), "");
  }

  /** A repeat of the event at that place. */
  public static Outcome duplicate(String id, long offset, long sequence) {
    return new Outcome(id, Status.DUPLICATE, offset, sequence, Optional.empty(), "");
  }

  /** Refused: {@code rejected} for a final code, {@code unknown} for a temporary one. */
  public static Outcome refused(String id, ErrorCode code, String message) {
    return new Outcome(id, code.temporary() ? Status.UNKNOWN : Status.REJECTED, 0, 0, Optional.of(code), message);
  }
}
