package dev.cortex.event;

import dev.cortex.base.Pure;
import java.util.Optional;

/** The known fields of one envelope as they were found, and their judgement. Used for one event, then thrown away. */
@Pure
final class EnvelopeFields implements EventFields {

  private JsonSlice id = JsonSlice.ABSENT;
  private JsonSlice eventId = JsonSlice.ABSENT;
  private JsonSlice orgId = JsonSlice.ABSENT;
  private JsonSlice tenantId = JsonSlice.ABSENT;
  private JsonSlice userId = JsonSlice.ABSENT;
  private JsonSlice type = JsonSlice.ABSENT;
  private JsonSlice payload = JsonSlice.ABSENT;
  private JsonSlice timestamp = JsonSlice.ABSENT;
  private JsonSlice agentId = JsonSlice.ABSENT;
  private JsonSlice sessionId = JsonSlice.ABSENT;
  private JsonSlice sequence = JsonSlice.ABSENT;
  private JsonSlice idempotencyKey = JsonSlice.ABSENT;
  private JsonSlice metadata = JsonSlice.ABSENT;
  private JsonSlice traceId = JsonSlice.ABSENT;
  private JsonSlice origin = JsonSlice.ABSENT;
  private String deepName = "";
  private JsonSlice deepValue = JsonSlice.ABSENT;

  @Override
  public void put(String name, JsonSlice value) {
    if (value.depth() > EnvelopeReader.NESTING_MAX) {
      deepName = name;
      deepValue = value;
    }
    switch (name) {
      case "id" -> id = value;
      case "eventId" -> eventId = value;
      case "orgId" -> orgId = value;
      case "tenantId" -> tenantId = value;
      case "userId" -> userId = value;
      case "type" -> type = value;
      case "payload" -> payload = value;
      case "timestamp" -> timestamp = value;
      case "agentId" -> agentId = value;
      case "sessionId" -> sessionId = value;
      case "sequence" -> sequence = value;
      case "idempotencyKey" -> idempotencyKey = value;
      case "metadata" -> metadata = value;
      case "traceId" -> traceId = value;
      case "origin" -> origin = value;
      default -> {
        // an unknown field says nothing to this version
      }
    }
  }

  @Override
  public Parsed.Invalid invalid(RefusedException refusal) {
    JsonSlice givenId = id.isPresent() ? id : eventId;
    String text = givenId.isString() ? givenId.string() : "";
    return new Parsed.Invalid(Ids.isKey(text) ? text : "", refusal.code(), refusal.getMessage(), place());
  }

  private Parsed.Place place() {
    String org = readableName(orgId.isPresent() ? orgId : tenantId);
    String agent = readableName(agentId);
    String session = readableName(sessionId);
    if (agent.isEmpty() || session.isEmpty()) {
      return new Parsed.Place(org, "", "", 0);
    }
    long number = sequence.isPresent() ? sequence.integer().orElse(0) : 0;
    return new Parsed.Place(org, agent, session, Math.max(0, number));
  }

  private static String readableName(JsonSlice value) {
    String text = value.isString() ? value.string() : "";
    return Ids.isName(text) ? text : "";
  }

  @Override
  public Draft draft(int payloadBytesMax) {
    FieldRules.nesting(deepName, deepValue);
    String givenId = aliased("id", id, "eventId", eventId);
    if (!givenId.isEmpty()) {
      FieldRules.key(id.isPresent() ? "id" : "eventId", givenId);
    }
    String org = aliased("orgId", orgId, "tenantId", tenantId);
    if (!org.isEmpty()) {
      FieldRules.name(orgId.isPresent() ? "orgId" : "tenantId", org);
    }
    if (!type.isPresent()) {
      throw FieldRules.missing("type", "dotted words such as task.created");
    }
    String typeText = FieldRules.type("type", FieldRules.text("type", type));
    String user = userId.isPresent() ? FieldRules.userId("userId", FieldRules.text("userId", userId)) : "";
    String agent = name("agentId", agentId);
    String session = name("sessionId", sessionId);
    long number = sequence.isPresent() ? FieldRules.integer("sequence", sequence, 1) : 0;
    FieldRules.session("agentId", agent, "sessionId", session, number);
    String key = "";
    if (idempotencyKey.isPresent()) {
      key = FieldRules.key("idempotencyKey", FieldRules.text("idempotencyKey", idempotencyKey));
    }
    long time = timestamp.isPresent() ? FieldRules.integer("timestamp", timestamp, 0) : -1;
    return new Draft(
        givenId,
        !givenId.isEmpty(),
        org,
        user,
        typeText,
        FieldRules.payload("payload", payload, payloadBytesMax),
        time,
        agent,
        session,
        number,
        key,
        priority(),
        trace(),
        origin());
  }

  private static String name(String field, JsonSlice value) {
    return value.isPresent() ? FieldRules.name(field, FieldRules.text(field, value)) : "";
  }

  /** The value of a field that has two names; empty when neither is there. An empty string is there, and wrong. */
  private static String aliased(String field, JsonSlice value, String alias, JsonSlice aliasValue) {
    if (!value.isPresent() && !aliasValue.isPresent()) {
      return "";
    }
    String text = value.isPresent() ? FieldRules.text(field, value) : FieldRules.text(alias, aliasValue);
    if (value.isPresent() && aliasValue.isPresent()) {
      String other = FieldRules.text(alias, aliasValue);
      if (!text.equals(other)) {
        throw FieldRules.refused(
            "Field '" + alias + "' is " + JsonSlice.excerpt(other) + " while '" + field + "' is "
                + JsonSlice.excerpt(text) + "; they mean the same, so one of them or equal values are allowed");
      }
    }
    if (text.isEmpty()) {
      throw FieldRules.wrong(value.isPresent() ? field : alias, value.isPresent() ? value : aliasValue,
          "at least one character, or no such field");
    }
    return text;
  }

  private Priority priority() {
    if (!metadata.isPresent()) {
      return Priority.STANDARD;
    }
    if (!metadata.isObject()) {
      throw FieldRules.wrong("metadata", metadata, "an object, or no such field");
    }
    Priority priority = Priority.STANDARD;
    JsonCursor cursor = metadata.cursor();
    cursor.open();
    while (cursor.nextField()) {
      String name = cursor.name();
      JsonSlice value = cursor.value();
      if (name.equals("priority")) {
        Optional<Priority> given = value.isString() ? Priority.of(value.string()) : Optional.empty();
        priority = given.orElseThrow(
            () -> FieldRules.wrong("metadata.priority", value, "\"critical\", \"standard\" or \"background\""));
      } else if (name.equals("compression") && !(value.isString() && value.string().equals("none"))) {
        throw FieldRules.wrong(
            "metadata.compression", value, "\"none\" on input; only the server sends \"delta\"");
      }
    }
    return priority;
  }

  /** An event that was in another log before brings its trace along; what is no trace id is an unknown field. */
  private String trace() {
    String text = traceId.isString() ? traceId.string() : "";
    return Ids.isName(text) ? text : "";
  }

  /** What is no desktop is an unknown field: nothing a producer says here makes an event invalid. */
  private String origin() {
    String text = origin.isString() ? origin.string() : "";
    return Desktop.parse(text).isPresent() ? text : "";
  }
}
