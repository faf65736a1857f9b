package dev.cortex.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(120)
final class EnvelopeFixturesTest {

  private static final Path ENVELOPES = Path.of("test-fixtures", "envelopes");

  private final EnvelopeReader reader = new EnvelopeReader(65_536);

  static Set<String> validFiles() throws IOException {
    return expected("valid").fieldNames();
  }

  static Set<String> invalidFiles() throws IOException {
    return expected("invalid").fieldNames();
  }

  @ParameterizedTest
  @MethodSource("validFiles")
  void validEnvelopeIsReadAsExpected(String file) throws IOException {
    List<Parsed> events = reader.readBody(Files.readAllBytes(ENVELOPES.resolve("valid").resolve(file)), 1);
    assertThat(events).hasSize(1).first().isInstanceOf(Parsed.Valid.class);
    Draft draft = ((Parsed.Valid) events.get(0)).draft();
    JsonObject want = expected("valid").getJsonObject(file);
    JsonObject got =
        new JsonObject()
            .put("id", draft.id())
            .put("orgId", draft.orgId())
            .put("userId", draft.userId())
            .put("type", draft.type())
            .put("payload", new String(draft.payload(), StandardCharsets.UTF_8))
            .put("timestamp", draft.timestamp())
            .put("agentId", draft.agentId())
            .put("sessionId", draft.sessionId())
            .put("sequence", draft.sequence())
            .put("idempotencyKey", draft.idempotencyKey())
            .put("priority", draft.priority().text());
    for (String field : want.fieldNames()) {
      String found = String.valueOf(got.getValue(field));
      assertThat(found).as(field).isEqualTo(String.valueOf(want.getValue(field)));
    }
    assertThat(draft.idGiven()).isEqualTo(want.containsKey("id"));
  }

  @ParameterizedTest
  @MethodSource("invalidFiles")
  void invalidEnvelopeIsRefusedWithCodeAndField(String file) throws IOException {
    JsonObject want = expected("invalid").getJsonObject(file);
    byte[] body = Files.readAllBytes(ENVELOPES.resolve("invalid").resolve(file));
    ErrorCode code;
    String message;
    try {
      Parsed.Invalid invalid = (Parsed.Invalid) reader.readBody(body, 1).get(0);
      code = invalid.code();
      message = invalid.message();
    } catch (RefusedException refusal) {
      code = refusal.code();
      message = refusal.getMessage();
    }
    assertThat(code.code()).as(message).isEqualTo(want.getString("code"));
    if (code == ErrorCode.NOT_JSON) {
      assertThat(message).matches("Not strict JSON: .* at line \\d+, column \\d+ \\(byte \\d+\\)");
    } else if (!want.getString("field").isEmpty()) {
      assertThat(message).contains("'" + want.getString("field") + "'")
          .containsAnyOf("allowed", "required", "come together");
    }
  }

  @Test
  void everyFixtureFileIsExpected() throws IOException {
    for (String kind : List.of("valid", "invalid")) {
      try (Stream<Path> files = Files.list(ENVELOPES.resolve(kind))) {
        Set<String> names = files.map(f -> f.getFileName().toString()).collect(Collectors.toCollection(TreeSet::new));
        assertThat(names).isEqualTo(new TreeSet<>(expected(kind).fieldNames())).hasSizeGreaterThan(10);
      }
    }
  }

  private static JsonObject expected(String kind) throws IOException {
    return new JsonObject(Files.readString(ENVELOPES.resolve(kind + ".json")));
  }
}
