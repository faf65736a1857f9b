package dev.cortex.event;

import dev.cortex.base.Pure;
import java.util.Optional;

/**
 * A place in one incarnation of one org's log: everything up to and including {@code offset} is covered. As opaque text
 * it is a cursor; the text is {@code <logId>.<offset>}, never all digits, because a log id starts with a letter.
 *
 * @param logId 13 characters of {@code [a-z0-9]}, the first a letter
 * @param offset 0 (before the first event) or more
 */
@Pure
public record Position(String logId, long offset) {

  /** Length of every log id. */
  public static final int LOG_ID_LENGTH = 13;

  /** The cursor: opaque to clients, safe in URLs. */
  public String cursor() {
    return logId + '.' + offset;
  }

  /** Reads a cursor; empty when the text is none. */
  public static Optional<Position> parse(String cursor) {
    int dot = cursor.indexOf('.');
    if (dot != LOG_ID_LENGTH || cursor.length() > LOG_ID_LENGTH + 17 || cursor.length() == dot + 1) {
      return Optional.empty();
    }
    for (int i = 0; i < dot; i++) {
      char c = cursor.charAt(i);
      boolean letter = c >= 'a' && c <= 'z';
      if (!letter && (i == 0 || c < '0' || c > '9')) {
        return Optional.empty();
      }
    }
    long offset = 0;
    for (int i = dot + 1; i < cursor.length(); i++) {
      char c = cursor.charAt(i);
      if (c < '0' || c > '9' || (c == '0' && i == dot + 1 && cursor.length() > dot + 2)) {
        return Optional.empty();
      }
      offset = offset * 10 + (c - '0');
    }
    return Optional.of(new Position(cursor.substring(0, dot), offset));
  }
}
