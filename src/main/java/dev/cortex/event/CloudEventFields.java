package dev.cortex.event;

import dev.cortex.base.Pure;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The known attributes of one CloudEvent 1.0 as they were found, and their judgement. An attribute that is null counts
 * as absent, as the CloudEvents JSON format demands. Used for one event, then thrown away.
 */
@Pure
final class CloudEventFields implements EventFields {

  private static final Set<String> KNOWN =
      Set.of(
          "specversion", "id", "source", "type", "time", "datacontenttype", "orgid", "userid", "agentid", "sessionid",
          "sequence", "idempotencykey", "traceparent");

  private final Map<String, JsonSlice> given = new HashMap<>();
  private final Map<String, String> headers = new HashMap<>();
  private JsonSlice data = JsonSlice.ABSENT;
  private JsonSlice base64 = JsonSlice.ABSENT;
  private String deepName = "";
  private JsonSlice deepValue = JsonSlice.ABSENT;

  @Override
  public void put(String name, JsonSlice value) {
    if (value.depth() > EnvelopeReader.NESTING_MAX) {
      deepName = name;
      deepValue = value;
    }
    if (value.isNull()) {
      return;
    }
    if (name.equals("data")) {
      data = value;
    } else if (name.equals("data_base64")) {
      base64 = value;
    } else if (KNOWN.contains(name)) {
      given.put(name, value);
    }
  }

  /** Takes an attribute from a header, percent-decoded as the HTTP binding says. */
  void header(String name, String value) {
    if (KNOWN.contains(name)) {
      headers.put(name, decode(name, value));
    }
  }

  @Override
  public Parsed.Invalid invalid(RefusedException refusal) {
    JsonSlice slice = given.getOrDefault("id", JsonSlice.ABSENT);
    String text = slice.isString() ? slice.string() : headers.getOrDefault("id", "");
    return new Parsed.Invalid(Ids.isKey(text) ? text : "", refusal.code(), refusal.getMessage());
  }

  @Override
  public Draft draft(int payloadBytesMax) {
    FieldRules.nesting(deepName, deepValue);
    String version = required("specversion", "\"1.0\"");
    if (!version.equals("1.0")) {
      throw FieldRules.refused("Field 'specversion' is " + JsonSlice.excerpt(version) + "; allowed is \"1.0\"");
    }
    String id = FieldRules.key("id", required("id", "the event's id"));
    if (required("source", "a URI reference").isEmpty()) {
      throw FieldRules.refused("Field 'source' is empty; allowed is a URI reference of at least one character");
    }
    String type = FieldRules.type("type", required("type", "dotted words such as task.created"));
    String org = optional("orgid");
    String user = optional("userid");
    String agent = optional("agentid");
    String session = optional("sessionid");
    String key = optional("idempotencykey");
    long sequence = sequence();
    checkShapes(org, user, agent, session, key);
    FieldRules.session("agentid", agent, "sessionid", session, sequence);
    checkDataForm();
    return new Draft(
        id,
        true,
        org,
        user,
        type,
        FieldRules.payload("data", data, payloadBytesMax),
        time(),
        agent,
        session,
        sequence,
        key,
        Priority.STANDARD,
        traceId(optional("traceparent")));
  }

  private void checkShapes(String org, String user, String agent, String session, String key) {
    if (has("orgid")) {
      FieldRules.name("orgid", org);
    }
    if (has("userid")) {
      FieldRules.userId("userid", user);
    }
    if (has("agentid")) {
      FieldRules.name("agentid", agent);
    }
    if (has("sessionid")) {
      FieldRules.name("sessionid", session);
    }
    if (has("idempotencykey")) {
      FieldRules.key("idempotencykey", key);
    }
  }

  private void checkDataForm() {
    if (base64.isPresent()) {
      throw FieldRules.refused("Field 'data_base64' is not accepted; allowed is 'data' with a JSON object");
    }
    String mediaType = optional("datacontenttype");
    if (has("datacontenttype") && !isJson(mediaType)) {
      throw FieldRules.refused(
          "Field 'datacontenttype' is " + JsonSlice.excerpt(mediaType)
              + "; allowed is application/json, or another type that ends in +json");
    }
  }

  private boolean has(String name) {
    return given.containsKey(name) || headers.containsKey(name);
  }

  private String required(String name, String what) {
    if (!has(name)) {
      throw FieldRules.missing(name, what);
    }
    return optional(name);
  }

  private String optional(String name) {
    JsonSlice slice = given.getOrDefault(name, JsonSlice.ABSENT);
    return slice.isPresent() ? FieldRules.text(name, slice) : headers.getOrDefault(name, "");
  }

  /** An integer, or the same as decimal digits in a string, because header attributes are text. */
  private long sequence() {
    if (!has("sequence")) {
      return 0;
    }
    JsonSlice slice = given.getOrDefault("sequence", JsonSlice.ABSENT);
    if (slice.isPresent() && !slice.isString()) {
      return FieldRules.integer("sequence", slice, 1);
    }
    String text = optional("sequence");
    byte[] digits = text.getBytes(StandardCharsets.UTF_8);
    OptionalLong number = JsonSlice.integer(digits, 0, digits.length);
    if (number.isEmpty() || number.getAsLong() < 1) {
      throw FieldRules.refused(
          "Field 'sequence' is " + JsonSlice.excerpt(text) + "; allowed is an integer from 1 to 2^53-1");
    }
    return number.getAsLong();
  }

  private long time() {
    if (!has("time")) {
      return -1;
    }
    String text = optional("time");
    OptionalLong ms = Rfc3339.parseMs(text);
    if (ms.isEmpty() || ms.getAsLong() < 0) {
      throw FieldRules.refused(
          "Field 'time' is " + JsonSlice.excerpt(text)
              + "; allowed is an RFC 3339 timestamp from 1970 on, such as 2026-01-31T12:00:00.5Z");
    }
    return ms.getAsLong();
  }

  private static boolean isJson(String mediaType) {
    int semicolon = mediaType.indexOf(';');
    String bare = (semicolon < 0 ? mediaType : mediaType.substring(0, semicolon)).strip().toLowerCase(Locale.ROOT);
    return bare.endsWith("/json") || bare.endsWith("+json");
  }

  /** The trace id of a W3C traceparent; a malformed one is ignored, as W3C Trace Context demands. */
  private static String traceId(String traceparent) {
    boolean wellFormed =
        traceparent.length() >= 55
            && isLowerHex(traceparent, 0, 2)
            && isLowerHex(traceparent, 3, 35)
            && isLowerHex(traceparent, 36, 52)
            && isLowerHex(traceparent, 53, 55)
            && traceparent.charAt(2) == '-'
            && traceparent.charAt(35) == '-'
            && traceparent.charAt(52) == '-'
            && !traceparent.startsWith("ff")
            && (traceparent.length() == 55 || (!traceparent.startsWith("00") && traceparent.charAt(55) == '-'));
    String traceId = wellFormed ? traceparent.substring(3, 35) : "";
    boolean zero = traceId.chars().allMatch(c -> c == '0') || traceparent.startsWith("0000000000000000", 36);
    return zero ? "" : traceId;
  }

  private static boolean isLowerHex(String text, int start, int end) {
    return text.substring(start, end).chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
  }

  private static String decode(String name, String value) {
    ByteBuffer out = ByteBuffer.allocate(value.length());
    boolean quoted = value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"");
    int end = quoted ? value.length() - 1 : value.length();
    for (int i = quoted ? 1 : 0; i < end; i++) {
      char c = value.charAt(i);
      if (quoted && c == '\\' && i + 1 < end) {
        c = value.charAt(++i);
      } else if (c == '%') {
        int high = i + 2 < end ? Character.digit(value.charAt(i + 1), 16) : -1;
        int low = i + 2 < end ? Character.digit(value.charAt(i + 2), 16) : -1;
        if (high < 0 || low < 0) {
          throw badHeader(name, "a '%' is not followed by two hexadecimal digits");
        }
        out.put((byte) (high << 4 | low));
        i += 2;
        continue;
      }
      if (c > 0x7E) {
        throw badHeader(name, "characters beyond ASCII must be percent-encoded as UTF-8");
      }
      out.put((byte) c);
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(out.flip()).toString();
    } catch (CharacterCodingException malformed) {
      throw badHeader(name, "its percent-encoded bytes are not UTF-8");
    }
  }

  private static RefusedException badHeader(String name, String what) {
    return FieldRules.refused("Header 'ce-" + name + "' cannot be decoded: " + what);
  }
}
