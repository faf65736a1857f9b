package dev.cortex.bus.wire;

import dev.cortex.base.Pure;
import dev.cortex.event.ErrorCode;
import java.util.HashMap;
import java.util.Map;

/**
 * Error codes between nodes: by their text, or by a number made from it, so that neither depends on the order in which
 * a version lists them. What is not known here is {@code internal}.
 */
@Pure
public final class ErrorNumbers {

  private static final Map<Integer, ErrorCode> BY_NUMBER = new HashMap<>();
  private static final Map<String, ErrorCode> BY_TEXT = new HashMap<>();

  static {
    for (ErrorCode code : ErrorCode.values()) {
      BY_NUMBER.put(of(code), code);
      BY_TEXT.put(code.code(), code);
    }
  }

  private ErrorNumbers() {}

  /** The number of a code: the hash of its text, as {@link String#hashCode} defines it. */
  public static int of(ErrorCode code) {
    return code.code().hashCode();
  }

  /** The code of a number; {@code internal} when this version has none. */
  public static ErrorCode code(int number) {
    return BY_NUMBER.getOrDefault(number, ErrorCode.INTERNAL);
  }

  /** The code of a text; {@code internal} when this version has none. */
  public static ErrorCode code(String text) {
    return BY_TEXT.getOrDefault(text, ErrorCode.INTERNAL);
  }
}
