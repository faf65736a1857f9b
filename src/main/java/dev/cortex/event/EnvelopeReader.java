package dev.cortex.event;

import dev.cortex.base.Pure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Reads published events from the bytes that came in by a door: the one place where an envelope or CloudEvent becomes a
 * {@link Draft}. The whole body must be strict JSON, otherwise {@link RefusedException} with
 * {@link ErrorCode#NOT_JSON} tells the place; an event that is JSON but breaks a rule of the envelope is refused by
 * itself, as {@link Parsed.Invalid}. Safe for use from any thread.
 */
@Pure
public final class EnvelopeReader {

  /** Deepest nesting of the value of one field, the value itself counted. */
  public static final int NESTING_MAX = 64;

  private final int payloadBytesMax;

  /**
   * Creates a reader.
   *
   * @param payloadBytesMax largest payload as sent, in bytes, at least 2
   */
  public EnvelopeReader(int payloadBytesMax) {
    this.payloadBytesMax = payloadBytesMax;
  }

  /**
   * Reads one envelope or an array of envelopes, in order.
   *
   * @param eventsMax most events the body may hold
   * @throws RefusedException {@link ErrorCode#NOT_JSON}; {@link ErrorCode#TOO_MANY_EVENTS}; or
   *     {@link ErrorCode#INVALID_EVENT} for JSON too deep to be walked
   */
  public List<Parsed> readBody(byte[] body, int eventsMax) {
    JsonCursor cursor = new JsonCursor(body);
    return cursor.peek() == '[' ? array(cursor, eventsMax, EnvelopeFields::new) : one(cursor, EnvelopeFields::new);
  }

  /** Reads one envelope; refuses like {@link #readBody}. */
  public Parsed readEvent(byte[] slice) {
    return one(new JsonCursor(slice), EnvelopeFields::new).get(0);
  }

  /** Reads one CloudEvent 1.0 in structured JSON; refuses like {@link #readBody}. */
  public List<Parsed> readCloudEvent(byte[] body) {
    return one(new JsonCursor(body), CloudEventFields::new);
  }

  /** Reads a JSON batch of CloudEvents 1.0; refuses like {@link #readBody}. A body that is no array is invalid. */
  public List<Parsed> readCloudEvents(byte[] body, int eventsMax) {
    JsonCursor cursor = new JsonCursor(body);
    if (cursor.peek() == '[') {
      return array(cursor, eventsMax, CloudEventFields::new);
    }
    JsonSlice value = cursor.value();
    cursor.expectEnd();
    return List.of(
        new Parsed.Invalid("", ErrorCode.INVALID_EVENT, "A batch is an array of CloudEvents, not " + value.describe()));
  }

  /**
   * Reads one CloudEvent 1.0 in binary mode.
   *
   * @param attributes values of the {@code ce-} headers by their lower-case names without the prefix, still
   *     percent-encoded; {@code datacontenttype} may be added from the content type
   * @param payload the body, empty for no data
   */
  public List<Parsed> readCloudEventBinary(Map<String, String> attributes, byte[] payload) {
    JsonSlice data = JsonSlice.ABSENT;
    JsonCursor cursor = new JsonCursor(payload);
    if (cursor.peek() >= 0) {
      data = cursor.value();
      cursor.expectEnd();
    }
    CloudEventFields fields = new CloudEventFields();
    fields.put("data", data);
    try {
      attributes.forEach(fields::header);
    } catch (RefusedException refusal) {
      return List.of(fields.invalid(refusal));
    }
    return List.of(judge(fields));
  }

  private List<Parsed> array(JsonCursor cursor, int eventsMax, Supplier<EventFields> form) {
    List<Parsed> events = new ArrayList<>();
    cursor.open();
    while (cursor.nextElement()) {
      if (events.size() == eventsMax) {
        throw new RefusedException(
            ErrorCode.TOO_MANY_EVENTS, "The array holds more than " + eventsMax + " events; send it in parts");
      }
      events.add(event(cursor, form));
    }
    cursor.expectEnd();
    return events;
  }

  private List<Parsed> one(JsonCursor cursor, Supplier<EventFields> form) {
    Parsed event = event(cursor, form);
    cursor.expectEnd();
    return List.of(event);
  }

  private Parsed event(JsonCursor cursor, Supplier<EventFields> form) {
    if (cursor.peek() != '{') {
      JsonSlice value = cursor.value();
      return new Parsed.Invalid("", ErrorCode.INVALID_EVENT, "An event is a JSON object, not " + value.describe());
    }
    EventFields fields = form.get();
    cursor.open();
    while (cursor.nextField()) {
      String name = cursor.name();
      fields.put(name, cursor.value());
    }
    return judge(fields);
  }

  private Parsed judge(EventFields fields) {
    try {
      return new Parsed.Valid(fields.draft(payloadBytesMax));
    } catch (RefusedException refusal) {
      return fields.invalid(refusal);
    }
  }
}
