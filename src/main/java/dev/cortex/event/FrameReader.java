package dev.cortex.event;

import dev.cortex.base.Pure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Reads the control frames of clients from the bytes of one text message. Safe for use from any thread. */
@Pure
public final class FrameReader {

  private static final int RID_MAX = 128;
  private static final Set<String> FIELDS =
      Set.of("op", "rid", "channel", "since", "delta", "event", "token", "subscriptions");
  private static final Set<String> SUBSCRIPTION_FIELDS = Set.of("channel", "cursor", "delta");

  /** Subscriptions one frame may take up. */
  private static final int SUBSCRIPTIONS_MAX = 1_000;

  /**
   * Reads one frame. A field that is null counts as absent; fields the op does not know are ignored. A frame too deep
   * to be walked is refused without its rid.
   *
   * @throws RefusedException {@link ErrorCode#BAD_FRAME} when the message is no strict JSON object
   */
  public ClientFrame read(byte[] message) {
    String rid = "";
    try {
      Map<String, JsonSlice> fields = fields(message);
      rid = rid(fields.getOrDefault("rid", JsonSlice.ABSENT));
      return frame(rid, fields);
    } catch (RefusedException refusal) {
      if (refusal.code() == ErrorCode.BAD_FRAME || refusal.code() == ErrorCode.NOT_JSON) {
        throw new RefusedException(ErrorCode.BAD_FRAME, refusal.getMessage());
      }
      return new ClientFrame.Refused(rid, refusal.code(), refusal.getMessage());
    }
  }

  private static Map<String, JsonSlice> fields(byte[] message) {
    JsonCursor cursor = new JsonCursor(message);
    if (cursor.peek() != '{') {
      String found = cursor.value().describe();
      cursor.expectEnd();
      throw new RefusedException(ErrorCode.BAD_FRAME, "A frame is a JSON object, not " + found);
    }
    Map<String, JsonSlice> fields = new HashMap<>();
    cursor.open();
    while (cursor.nextField()) {
      String name = cursor.name();
      JsonSlice value = cursor.value();
      if (FIELDS.contains(name) && !value.isNull()) {
        fields.put(name, value);
      }
    }
    cursor.expectEnd();
    return fields;
  }

  private static ClientFrame resume(String rid, Map<String, JsonSlice> fields) {
    JsonSlice token = field(fields, "token");
    if (!token.isString()) {
      // what came instead is not quoted: it may be a secret all the same
      throw new RefusedException(ErrorCode.BAD_REQUEST, "Field 'token' must be the resume token of a welcome");
    }
    JsonSlice list = field(fields, "subscriptions");
    List<ClientFrame.Subscribe> subscriptions = new ArrayList<>();
    if (list.isPresent()) {
      JsonCursor cursor = list.cursor();
      if (cursor.peek() != '[') {
        throw bad("subscriptions", list, "an array of {\"channel\",\"cursor\",\"delta\"}");
      }
      cursor.open();
      while (cursor.nextElement()) {
        if (subscriptions.size() == SUBSCRIPTIONS_MAX) {
          throw new RefusedException(
              ErrorCode.BAD_REQUEST, "Field 'subscriptions' may have " + SUBSCRIPTIONS_MAX + " elements");
        }
        subscriptions.add(subscription(cursor));
      }
    }
    return new ClientFrame.Resume(rid, token.string(), List.copyOf(subscriptions));
  }

  private static ClientFrame.Subscribe subscription(JsonCursor cursor) {
    if (cursor.peek() != '{') {
      throw bad("subscriptions[]", cursor.value(), "an object such as {\"channel\":\"org\",\"cursor\":\"…\"}");
    }
    Map<String, JsonSlice> fields = new HashMap<>();
    cursor.open();
    while (cursor.nextField()) {
      String name = cursor.name();
      JsonSlice value = cursor.value();
      if (SUBSCRIPTION_FIELDS.contains(name) && !value.isNull()) {
        fields.put(name.equals("cursor") ? "since" : name, value);
      }
    }
    Channel channel = channel(fields);
    return new ClientFrame.Subscribe("", channel, since(fields, channel), delta(fields));
  }

  private static ClientFrame frame(String rid, Map<String, JsonSlice> fields) {
    JsonSlice op = field(fields, "op");
    if (!op.isString()) {
      throw bad("op", op, "a string such as \"subscribe\"");
    }
    String word = op.string();
    return switch (word) {
      case "subscribe" -> {
        Channel channel = channel(fields);
        yield new ClientFrame.Subscribe(rid, channel, since(fields, channel), delta(fields));
      }
      case "unsubscribe" -> new ClientFrame.Unsubscribe(rid, channel(fields));
      case "publish" -> {
        JsonSlice event = field(fields, "event");
        if (!event.isPresent()) {
          throw bad("event", event, "an event");
        }
        yield new ClientFrame.Publish(rid, event.bytes());
      }
      case "resume" -> resume(rid, fields);
      case "presence" -> new ClientFrame.Presence(rid, channel(fields));
      case "ping" -> new ClientFrame.Ping(rid);
      default -> new ClientFrame.Unknown(rid, word);
    };
  }

  private static String rid(JsonSlice rid) {
    if (!rid.isPresent()) {
      return "";
    }
    boolean text = rid.isString() && rid.string().length() >= 1 && rid.string().length() <= RID_MAX;
    boolean integer = rid.isIntegral() && rid.length() <= RID_MAX;
    if (!text && !integer) {
      throw bad("rid", rid, "a string of 1 to " + RID_MAX + " characters or an integer");
    }
    return rid.raw();
  }

  private static Channel channel(Map<String, JsonSlice> fields) {
    JsonSlice channel = field(fields, "channel");
    Optional<Channel> parsed = channel.isString() ? Channel.parse(channel.string()) : Optional.empty();
    return parsed.orElseThrow(() -> bad("channel", channel, "\"org\", \"org:agent\" or \"org:agent:session\""));
  }

  private static boolean delta(Map<String, JsonSlice> fields) {
    JsonSlice delta = field(fields, "delta");
    if (delta.isPresent() && !delta.isTrue() && !delta.isFalse()) {
      throw bad("delta", delta, "true or false");
    }
    return delta.isTrue();
  }

  private static Since since(Map<String, JsonSlice> fields, Channel channel) {
    JsonSlice since = field(fields, "since");
    if (!since.isPresent()) {
      return new Since.Live();
    }
    if (since.isObject()) {
      return sequence(since, channel);
    }
    if (since.isString()) {
      return Since.parse(since.string())
          .orElseThrow(
              () -> new RefusedException(
                  ErrorCode.CURSOR_INVALID, "Field 'since' is " + since.describe() + ", which is no cursor"));
    }
    OptionalLong unixMs = since.integer();
    if (unixMs.isEmpty()) {
      throw bad("since", since, "a cursor, Unix milliseconds, or {\"sequence\":N}");
    }
    return new Since.Time(unixMs.getAsLong());
  }

  private static Since sequence(JsonSlice since, Channel channel) {
    JsonSlice sequence = JsonSlice.ABSENT;
    JsonCursor cursor = since.cursor();
    cursor.open();
    while (cursor.nextField()) {
      String name = cursor.name();
      JsonSlice value = cursor.value();
      sequence = name.equals("sequence") ? value : sequence;
    }
    OptionalLong number = sequence.integer();
    if (number.isEmpty()) {
      throw bad("since.sequence", sequence, "an integer from 0 to 2^53-1");
    }
    if (channel.sessionId().isEmpty()) {
      throw new RefusedException(
          ErrorCode.BAD_REQUEST,
          "Field 'since.sequence' counts within a session, and channel " + JsonSlice.excerpt(channel.text())
              + " names none; allowed there is a cursor");
    }
    return new Since.Sequence(number.getAsLong());
  }

  private static JsonSlice field(Map<String, JsonSlice> fields, String name) {
    return fields.getOrDefault(name, JsonSlice.ABSENT);
  }

  private static RefusedException bad(String field, JsonSlice found, String allowed) {
    return new RefusedException(
        ErrorCode.BAD_REQUEST, "Field '" + field + "' is " + found.describe() + "; allowed is " + allowed);
  }
}
