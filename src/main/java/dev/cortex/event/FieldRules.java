package dev.cortex.event;

import dev.cortex.base.Pure;
import java.util.OptionalLong;

/**
 * The rule of each field of an event. Every method returns the good value or throws {@link RefusedException} with
 * {@link ErrorCode#INVALID_EVENT} and a message that names the field as its sender wrote it, what was found and what is
 * allowed.
 */
@Pure
final class FieldRules {

  private static final String NAME_SHAPE = "1 to 128 characters of A-Z a-z 0-9 . _ ~ -";
  private static final String TYPE_SHAPE =
      "words of A-Z a-z 0-9 _ - joined by single dots, 1 to 128 characters";
  private static final String KEY_SHAPE = "1 to 256 characters of A-Z a-z 0-9 . _ ~ - / : @";

  private FieldRules() {}

  static String key(String field, String value) {
    return require(Ids.isKey(value), field, value, KEY_SHAPE);
  }

  static String name(String field, String value) {
    return require(Ids.isName(value), field, value, NAME_SHAPE);
  }

  static String userId(String field, String value) {
    return require(Ids.isUserId(value), field, value, "1 to 256 printable characters");
  }

  static String type(String field, String value) {
    return require(Ids.isType(value), field, value, TYPE_SHAPE);
  }

  /** The text of a field that must be a string. */
  static String text(String field, JsonSlice value) {
    if (!value.isString()) {
      throw wrong(field, value, "a string, or no such field");
    }
    return value.string();
  }

  /** An integer from {@code min} to 2^53-1. */
  static long integer(String field, JsonSlice value, long min) {
    OptionalLong number = value.integer();
    if (number.isEmpty() || number.getAsLong() < min) {
      throw wrong(field, value, "an integer from " + min + " to 2^53-1, without fraction or exponent");
    }
    return number.getAsLong();
  }

  /** Nesting of any field's value, also of one that is ignored. */
  static void nesting(String field, JsonSlice value) {
    if (value.depth() > EnvelopeReader.NESTING_MAX) {
      throw refused(
          "Field '" + field + "' is nested " + value.depth() + " levels deep; at most " + EnvelopeReader.NESTING_MAX
              + " are allowed");
    }
  }

  /** The payload, white space between its tokens removed. An absent one is the empty object. */
  static byte[] payload(String field, JsonSlice value, int bytesMax) {
    if (!value.isPresent()) {
      return new byte[] {'{', '}'};
    }
    if (!value.isObject()) {
      throw wrong(field, value, "a JSON object, or no such field");
    }
    if (value.length() > bytesMax) {
      throw new RefusedException(
          ErrorCode.PAYLOAD_TOO_LARGE,
          "Field '" + field + "' has " + value.length() + " bytes; at most " + bytesMax
              + " are allowed. Store the content as an artifact and send a reference to it.");
    }
    if (value.hugeAt() >= 0) {
      throw refused(
          "Field '" + field + "' holds a number beyond the range of an IEEE double at byte " + value.hugeAt()
              + "; at most about 1.8e308 is allowed");
    }
    return value.compact();
  }

  /** Agent and session come together or not at all, and only a session has a sequence. */
  static void session(String agentField, String agentId, String sessionField, String sessionId, long sequence) {
    if (agentId.isEmpty() != sessionId.isEmpty()) {
      String missing = agentId.isEmpty() ? agentField : sessionField;
      String present = agentId.isEmpty() ? sessionField : agentField;
      throw refused(
          "Field '" + missing + "' is missing while '" + present + "' is there; they come together or not at all");
    }
    if (sequence > 0 && sessionId.isEmpty()) {
      throw refused(
          "Field 'sequence' is " + sequence + " without a session; it is allowed only together with '" + agentField
              + "' and '" + sessionField + "'");
    }
  }

  /** The refusal of a required field that is not there. */
  static RefusedException missing(String field, String allowed) {
    return refused("Field '" + field + "' is missing; required is " + allowed);
  }

  static RefusedException wrong(String field, JsonSlice value, String allowed) {
    return refused("Field '" + field + "' is " + value.describe() + "; allowed is " + allowed);
  }

  static RefusedException refused(String message) {
    return new RefusedException(ErrorCode.INVALID_EVENT, message);
  }

  private static String require(boolean good, String field, String value, String allowed) {
    if (!good) {
      throw refused("Field '" + field + "' is the string " + JsonSlice.excerpt(value) + "; allowed is " + allowed);
    }
    return value;
  }
}
