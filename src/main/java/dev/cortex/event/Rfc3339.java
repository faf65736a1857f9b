package dev.cortex.event;

import dev.cortex.base.Pure;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Timestamps of RFC 3339, such as {@code 2026-01-31T12:00:00.25+01:00}. */
@Pure
final class Rfc3339 {

  private static final Pattern SHAPE =
      Pattern.compile(
          "(\\d{4})-(\\d\\d)-(\\d\\d)[Tt]([01]\\d|2[0-3]):([0-5]\\d):([0-5]\\d|60)(?:\\.(\\d{1,32}))?"
              + "(?:[Zz]|([+-])([01]\\d|2[0-3]):([0-5]\\d))");

  private Rfc3339() {}

  /** Milliseconds since the Unix epoch, finer parts cut off; empty when the text is no such timestamp. */
  static OptionalLong parseMs(String text) {
    Matcher m = SHAPE.matcher(text);
    if (!m.matches()) {
      return OptionalLong.empty();
    }
    try {
      long day = LocalDate.of(number(m, 1), number(m, 2), number(m, 3)).toEpochDay();
      long second = day * 86_400 + number(m, 4) * 3_600L + number(m, 5) * 60L + number(m, 6);
      if (m.group(8) != null) {
        long ahead = number(m, 9) * 3_600L + number(m, 10) * 60L;
        second += m.group(8).equals("-") ? ahead : -ahead;
      }
      int millis = m.group(7) == null ? 0 : Integer.parseInt((m.group(7) + "00").substring(0, 3));
      return OptionalLong.of(second * 1_000 + millis);
    } catch (DateTimeException noSuchDay) {
      return OptionalLong.empty();
    }
  }

  private static int number(Matcher m, int group) {
    return Integer.parseInt(m.group(group));
  }
}
