package dev.cortex.sync;

import dev.cortex.base.Pure;
import dev.cortex.bus.Message.Format;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.JsonSlice;
import dev.cortex.event.Position;
import dev.cortex.event.RefusedException;
import java.util.Set;

/** What a push holds. */
@Pure
sealed interface CloudPush {

  /** Most events in one push. */
  int EVENTS_MAX = 500;

  /** The fields of its forms. */
  Set<String> NAMES = Set.of("type", "challenge", "logId", "after", "through", "events");

  /** A text that whoever holds the secret is to say back. */
  record Challenge(String text) implements CloudPush {}

  /**
   * A part of the cloud's log.
   *
   * @param events the array of envelopes as it came
   * @param orgs the orgs its events name
   */
  record Range(String logId, long after, long through, byte[] events, Set<String> orgs) implements CloudPush {}

  /**
   * Events without a place.
   *
   * @param events one event or an array, as it came
   * @param orgs the orgs they name, an empty text where one names none
   */
  record Loose(Format format, byte[] events, Set<String> orgs) implements CloudPush {}

  /**
   * Reads the body of a push whose signature was verified.
   *
   * @throws RefusedException with a status of 400 when it is none
   */
  static CloudPush read(byte[] body) {
    try {
      JsonSlice whole = Fields.whole(body);
      return whole.isObject() ? object(whole) : whole.isArray() ? loose(whole) : none("no object and no array");
    } catch (RefusedException refused) {
      if (refused.code() == ErrorCode.INVALID_EVENT) {
        // too deep to be walked
        throw new RefusedException(ErrorCode.BAD_REQUEST, refused.getMessage());
      }
      throw refused;
    }
  }

  private static CloudPush object(JsonSlice whole) {
    Fields fields = Fields.of(whole, NAMES);
    if (fields.get("type").isPresent()) {
      return loose(whole);
    }
    JsonSlice challenge = fields.get("challenge");
    if (challenge.isPresent() && !fields.get("logId").isPresent()) {
      return challenge.isString() ? new Challenge(challenge.string()) : none("a challenge that is no text");
    }
    return range(fields.text("logId"), fields.get("after"), fields.get("through"), fields.get("events"));
  }

  private static CloudPush range(String logId, JsonSlice after, JsonSlice through, JsonSlice events) {
    if (Position.parse(logId + ".0").isEmpty()) {
      return none("no logId");
    }
    if (after.integer().isEmpty() || through.integer().isEmpty()
        || after.integer().getAsLong() >= through.integer().getAsLong()) {
      return none("no range (after, through]");
    }
    if (!events.isArray()) {
      return none("no array of events");
    }
    Elements summary = Elements.of(events, EVENTS_MAX);
    return new Range(
        logId,
        after.integer().getAsLong(),
        through.integer().getAsLong(),
        events.bytes(),
        summary.orgs());
  }

  private static CloudPush loose(JsonSlice whole) {
    Elements summary = Elements.of(whole, EVENTS_MAX);
    Format format = !summary.cloudEvent() ? Format.JSON
        : summary.array() ? Format.CLOUDEVENTS : Format.CLOUDEVENT;
    return new Loose(format, whole.bytes(), summary.orgs());
  }

  private static CloudPush none(String what) {
    throw new RefusedException(ErrorCode.BAD_REQUEST, "The push has " + what);
  }
}
