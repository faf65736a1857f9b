package dev.cortex.event;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.cortex.base.Pure;
import java.nio.charset.StandardCharsets;

/**
 * Builds one control frame of the server, or any other small JSON object: fields in the order they are added, names as
 * given. Used for one object by one thread, then thrown away.
 */
@Pure
public final class FrameWriter {

  private final StringBuilder out = new StringBuilder(128).append('{');

  private FrameWriter() {}

  /** Begins a frame of that op. */
  public static FrameWriter frame(String op) {
    return new FrameWriter().put("op", op);
  }

  /** Begins a frame of that op that answers a request; without one ({@code rid} empty) it has no rid. */
  public static FrameWriter answer(String op, String rid) {
    FrameWriter writer = frame(op);
    return rid.isEmpty() ? writer : writer.putJson("rid", rid);
  }

  /**
   * An {@code error} frame.
   *
   * @param rid request it answers as JSON text, empty for none
   * @param retryAfterMs when to try again, negative to leave it out
   */
  public static FrameWriter error(String rid, ErrorCode code, String message, long retryAfterMs) {
    FrameWriter writer = answer("error", rid).put("code", code.code()).put("message", message);
    return retryAfterMs < 0 ? writer : writer.put("retryAfterMs", retryAfterMs);
  }

  /** Begins an object that is no frame, to be nested with {@link #put(String, FrameWriter)}. */
  public static FrameWriter object() {
    return new FrameWriter();
  }

  /** Adds a string, escaped; a lone surrogate, which UTF-8 cannot carry, becomes a replacement character. */
  public FrameWriter put(String name, String value) {
    name(name).append('"');
    quote(value);
    out.append('"');
    return this;
  }

  /** Adds an integer. */
  public FrameWriter put(String name, long value) {
    name(name).append(value);
    return this;
  }

  /** Adds true or false. */
  public FrameWriter put(String name, boolean value) {
    name(name).append(value);
    return this;
  }

  /** Adds an object, which must not be added to afterwards. */
  public FrameWriter put(String name, FrameWriter value) {
    name(name).append(value.out).append('}');
    return this;
  }

  /** Adds an array of strings. */
  public FrameWriter put(String name, Iterable<String> values) {
    name(name).append('[');
    String separator = "\"";
    for (String value : values) {
      out.append(separator);
      quote(value);
      out.append('"');
      separator = ",\"";
    }
    out.append(']');
    return this;
  }

  /** Adds a value that is JSON already, on one line. */
  public FrameWriter putJson(String name, String json) {
    name(name).append(json);
    return this;
  }

  /** Adds null. */
  public FrameWriter putNull(String name) {
    name(name).append("null");
    return this;
  }

  /** The object as JSON text on one line. */
  public String text() {
    return out + "}";
  }

  /** The object as UTF-8 JSON on one line. */
  public byte[] bytes() {
    return text().getBytes(StandardCharsets.UTF_8);
  }

  private StringBuilder name(String name) {
    if (out.length() > 1) {
      out.append(',');
    }
    out.append('"');
    quote(name);
    return out.append("\":");
  }

  private void quote(String value) {
    JsonStringEncoder.getInstance().quoteAsString(wellFormed(value), out);
  }

  private static String wellFormed(String value) {
    boolean lone = value.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
    if (!lone) {
      return value;
    }
    StringBuilder good = new StringBuilder(value.length());
    value
        .codePoints()
        .forEach(c -> good.appendCodePoint(c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c));
    return good.toString();
  }
}
