package dev.cortex.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
final class CloudEventTest {

  private static final String REQUIRED =
      "\"specversion\":\"1.0\",\"id\":\"e-1\",\"source\":\"/s\",\"type\":\"com.example.a\"";
  private static final Map<String, String> HEADERS =
      Map.of("specversion", "1.0", "id", "e-1", "source", "/s", "type", "com.example.a");

  private final EnvelopeReader reader = new EnvelopeReader(65_536);

  @Test
  void structuredEventMapsEveryAttribute() {
    Draft draft =
        valid(
            structured(
                "{" + REQUIRED + ",\"time\":\"2026-01-31T12:00:00.25+01:00\",\"datacontenttype\":\"application/json\","
                    + "\"orgid\":\"acme\",\"userid\":\"Zoë\",\"agentid\":\"p\",\"sessionid\":\"s\",\"sequence\":\"7\","
                    + "\"idempotencykey\":\"p/s/7\",\"subject\":\"x\",\"other\":true,"
                    + "\"traceparent\":\"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\","
                    + "\"data\":{ \"n\": 1.0 }}"));
    assertThat(draft)
        .usingRecursiveComparison()
        .isEqualTo(
            new Draft(
                "e-1", true, "acme", "Zoë", "com.example.a", bytes("{\"n\":1.0}"), 1_769_857_200_250L, "p", "s", 7,
                "p/s/7",
                Priority.STANDARD, "4bf92f3577b34da6a3ce929d0e0e4736"));
  }

  @Test
  void smallestEventHasAnEmptyPayload() {
    Draft draft = valid(structured("{" + REQUIRED + ",\"orgid\":null,\"data\":null}"));
    assertThat(draft.payload()).isEqualTo(bytes("{}"));
    assertThat(draft.orgId()).isEmpty();
    assertThat(draft.timestamp()).isEqualTo(-1);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "`\"specversion\":\"0.3\"`, specversion",
        "`\"specversion\":1.0`, specversion",
        "`\"id\":\"a b\"`, id",
        "`\"id\":7`, id",
        "`\"id\":null`, id",
        "`\"source\":\"\"`, source",
        "`\"type\":\"a b\"`, type",
        "`\"time\":\"yesterday\"`, time",
        "`\"time\":\"2026-02-30T00:00:00Z\"`, time",
        "`\"time\":\"2026-01-01T00:00:00\"`, time",
        "`\"time\":\"1969-12-31T23:59:59Z\"`, time",
        "`\"data\":[1]`, data",
        "`\"data\":\"{}\"`, data",
        "`\"data_base64\":\"e30=\"`, data_base64",
        "`\"datacontenttype\":\"text/plain\"`, datacontenttype",
        "`\"orgid\":\"a:b\"`, orgid",
        "`\"orgid\":\"\"`, orgid",
        "`\"userid\":\"\"`, userid",
        "`\"agentid\":\"p\"`, sessionid",
        "`\"sequence\":1`, sequence",
        "`\"agentid\":\"p\",\"sessionid\":\"s\",\"sequence\":\"07\"`, sequence",
        "`\"agentid\":\"p\",\"sessionid\":\"s\",\"sequence\":1.0`, sequence",
        "`\"idempotencykey\":\"a b\"`, idempotencykey"
      })
  void invalidAttributeIsNamed(String attributes, String field) {
    StringBuilder event = new StringBuilder("{").append(attributes);
    for (String required : REQUIRED.split(",")) {
      if (!attributes.startsWith(required.substring(0, required.indexOf(':')))) {
        event.append(',').append(required);
      }
    }
    Parsed parsed = structured(event.append('}').toString());
    assertThat(parsed).isInstanceOf(Parsed.Invalid.class);
    assertThat(((Parsed.Invalid) parsed).code()).isEqualTo(ErrorCode.INVALID_EVENT);
    assertThat(((Parsed.Invalid) parsed).message()).contains("'" + field + "'");
  }

  @Test
  void missingRequiredAttributeIsNamed() {
    for (String name : List.of("specversion", "id", "source", "type")) {
      Map<String, String> headers = new HashMap<>(HEADERS);
      headers.remove(name);
      Parsed.Invalid invalid = (Parsed.Invalid) reader.readCloudEventBinary(headers, bytes("{}")).get(0);
      assertThat(invalid.message()).startsWith("Field '" + name + "' is missing");
    }
  }

  @Test
  void batchRejectsOnlyTheBadOne() {
    List<Parsed> events = reader.readCloudEvents(bytes("[{" + REQUIRED + "},{\"id\":\"e-2\"}]"), 500);
    assertThat(events.get(0)).isInstanceOf(Parsed.Valid.class);
    assertThat(((Parsed.Invalid) events.get(1)).id()).isEqualTo("e-2");
    assertThat(reader.readCloudEvents(bytes("{" + REQUIRED + "}"), 500).get(0)).isInstanceOf(Parsed.Invalid.class);
  }

  @Test
  void binaryModeDecodesHeadersAndTakesTheBodyAsPayload() {
    Map<String, String> headers = new HashMap<>(HEADERS);
    headers.put("userid", "Zo%C3%AB%20%E2%82%AC%F0%9F%98%80");
    headers.put("orgid", "\"acme\"");
    headers.put("agentid", "p");
    headers.put("sessionid", "s");
    headers.put("sequence", "3");
    headers.put("time", "2026-01-31T11:00:00Z");
    headers.put("datacontenttype", "application/json; charset=utf-8");
    Draft draft = valid(reader.readCloudEventBinary(headers, bytes(" {\"a\": 1} ")).get(0));
    assertThat(draft.userId()).isEqualTo("Zoë €😀");
    assertThat(draft.orgId()).isEqualTo("acme");
    assertThat(draft.sequence()).isEqualTo(3);
    assertThat(draft.timestamp()).isEqualTo(1_769_857_200_000L);
    assertThat(draft.payload()).isEqualTo(bytes("{\"a\":1}"));
    assertThat(valid(reader.readCloudEventBinary(HEADERS, new byte[0]).get(0)).payload()).isEqualTo(bytes("{}"));
  }

  @ParameterizedTest
  @CsvSource({"%", "%4", "%zz", "a%C3", "%ED%A0%80", "Zoë"})
  void headerThatCannotBeDecodedIsRefused(String value) {
    Map<String, String> headers = new HashMap<>(HEADERS);
    headers.put("userid", value);
    Parsed.Invalid invalid = (Parsed.Invalid) reader.readCloudEventBinary(headers, bytes("{}")).get(0);
    assertThat(invalid.message()).contains("'ce-userid'");
  }

  @Test
  void bodyThatIsNotJsonIsRefusedInBinaryMode() {
    assertThatThrownBy(() -> reader.readCloudEventBinary(HEADERS, bytes("{\"a\":1}}")))
        .isInstanceOfSatisfying(RefusedException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_JSON));
  }

  @ParameterizedTest
  @CsvSource({
    "1970-01-01T00:00:00Z, 0",
    "1970-01-01t00:00:00.0019z, 1",
    "1970-01-01T01:00:00+01:00, 0",
    "1969-12-31T23:00:00-01:00, 0",
    "2016-12-31T23:59:60Z, 1483228800000",
    "2024-02-29T12:30:45.123456789Z, 1709209845123"
  })
  void timeIsReadInMilliseconds(String time, long ms) {
    assertThat(Rfc3339.parseMs(time)).hasValue(ms);
  }

  @ParameterizedTest
  @CsvSource({
    "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
    "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
    "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
    "nonsense"
  })
  void malformedTraceparentIsIgnored(String traceparent) {
    assertThat(valid(structured("{" + REQUIRED + ",\"traceparent\":\"" + traceparent + "\"}")).traceId()).isEmpty();
  }

  private Parsed structured(String text) {
    return reader.readCloudEvent(bytes(text)).get(0);
  }

  private static Draft valid(Parsed parsed) {
    assertThat(parsed).isInstanceOf(Parsed.Valid.class);
    return ((Parsed.Valid) parsed).draft();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
