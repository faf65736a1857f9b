package dev.cortex.event;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.cortex.base.Pure;
import java.nio.charset.StandardCharsets;

/**
 * Builds the envelope that every reader gets: UTF-8 JSON on one line, made once per event. The payload goes in as the
 * bytes that came. Safe for use from any thread.
 */
@Pure
public final class EnvelopeWriter {

  private static final byte[] ID = ascii("{\"id\":\"");
  private static final byte[] ORG = ascii("\",\"orgId\":\"");
  private static final byte[] USER = ascii("\",\"userId\":\"");
  private static final byte[] TYPE = ascii("\",\"type\":\"");
  private static final byte[] PAYLOAD = ascii("\",\"payload\":");
  private static final byte[] TIMESTAMP = ascii(",\"timestamp\":");
  private static final byte[] AGENT = ascii(",\"agentId\":\"");
  private static final byte[] SESSION = ascii("\",\"sessionId\":\"");
  private static final byte[] SEQUENCE = ascii("\",\"sequence\":");
  private static final byte[] KEY = ascii(",\"idempotencyKey\":\"");
  private static final byte[] PRIORITY = ascii(",\"metadata\":{\"compression\":\"none\",\"priority\":\"");
  private static final byte[] PRIORITY_END = ascii("\"}");
  private static final byte[] TRACE = ascii(",\"traceId\":\"");
  private static final byte[] ORIGIN = ascii(",\"origin\":\"");
  private static final byte[] RECEIVED = ascii(",\"receivedAt\":");
  private static final byte[] OFFSET = ascii(",\"offset\":");
  private static final byte[] CURSOR = ascii(",\"cursor\":\"");
  private static final byte[] END = ascii("\"}");

  /**
   * The envelope of a committed event.
   *
   * @param complete every required field filled in
   * @param logId incarnation of the log
   * @param offset place in the log, from 1
   * @param sequence number in the session; not written without a session
   * @param receivedAt when the room took it, Unix milliseconds
   */
  public static byte[] write(Draft complete, String logId, long offset, long sequence, long receivedAt) {
    byte[] user = quoted(complete.userId());
    byte[] trace = quoted(complete.traceId());
    Line line = new Line(length(complete, user, trace, logId, offset, sequence, receivedAt));
    line.put(ID).put(complete.id()).put(ORG).put(complete.orgId()).put(USER).put(user).put(TYPE).put(complete.type());
    line.put(PAYLOAD).put(complete.payload()).put(TIMESTAMP).put(complete.timestamp());
    if (complete.hasSession()) {
      line.put(AGENT).put(complete.agentId()).put(SESSION).put(complete.sessionId()).put(SEQUENCE).put(sequence);
    }
    if (!complete.idempotencyKey().isEmpty()) {
      line.put(KEY).put(complete.idempotencyKey()).put((byte) '"');
    }
    if (complete.priority() != Priority.STANDARD) {
      line.put(PRIORITY).put(complete.priority().text()).put(PRIORITY_END);
    }
    if (trace.length > 0) {
      line.put(TRACE).put(trace).put((byte) '"');
    }
    if (!complete.origin().isEmpty()) {
      line.put(ORIGIN).put(complete.origin()).put((byte) '"');
    }
    line.put(RECEIVED).put(receivedAt).put(OFFSET).put(offset).put(CURSOR).put(logId).put((byte) '.').put(offset);
    return line.put(END).finished();
  }

  private static int length(
      Draft event, byte[] user, byte[] trace, String logId, long offset, long sequence, long receivedAt) {
    int length = ID.length + ORG.length + USER.length + TYPE.length + PAYLOAD.length + TIMESTAMP.length;
    length += RECEIVED.length + OFFSET.length + CURSOR.length + 1 + END.length;
    length += event.id().length() + event.orgId().length() + user.length + event.type().length();
    length += event.payload().length + digits(event.timestamp()) + digits(receivedAt);
    length += 2 * digits(offset) + logId.length();
    if (event.hasSession()) {
      length += AGENT.length + event.agentId().length() + SESSION.length + event.sessionId().length();
      length += SEQUENCE.length + digits(sequence);
    }
    if (!event.idempotencyKey().isEmpty()) {
      length += KEY.length + event.idempotencyKey().length() + 1;
    }
    if (event.priority() != Priority.STANDARD) {
      length += PRIORITY.length + event.priority().text().length() + PRIORITY_END.length;
    }
    if (!event.origin().isEmpty()) {
      length += ORIGIN.length + event.origin().length() + 1;
    }
    return trace.length > 0 ? length + TRACE.length + trace.length + 1 : length;
  }

  /** The text as the content of a JSON string; nearly always it needs no escape. */
  private static byte[] quoted(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || c == '"' || c == '\\') {
        return JsonStringEncoder.getInstance().quoteAsUTF8(text);
      }
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Decimal digits of a number that is not negative. */
  private static int digits(long number) {
    int count = 1;
    for (long rest = number; rest >= 10; rest /= 10) {
      count++;
    }
    return count;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** An array of exactly the length of the line, filled from left to right. */
  private static final class Line {

    private final byte[] bytes;
    private int at;

    Line(int length) {
      bytes = new byte[length];
    }

    Line put(byte b) {
      bytes[at++] = b;
      return this;
    }

    Line put(byte[] part) {
      System.arraycopy(part, 0, bytes, at, part.length);
      at += part.length;
      return this;
    }

    /** Appends text that is known to be ASCII: ids, names, types and keys are, by their shapes. */
    Line put(String text) {
      for (int i = 0; i < text.length(); i++) {
        bytes[at++] = (byte) text.charAt(i);
      }
      return this;
    }

    Line put(long number) {
      int end = at + digits(number);
      long rest = number;
      for (int i = end - 1; i >= at; i--) {
        bytes[i] = (byte) ('0' + rest % 10);
        rest /= 10;
      }
      at = end;
      return this;
    }

    byte[] finished() {
      if (at != bytes.length) {
        throw new IllegalStateException("an envelope of " + bytes.length + " bytes was filled with " + at);
      }
      return bytes;
    }
  }
}
