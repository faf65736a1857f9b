package dev.cortex.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class EnvelopeWriterTest {

  private static final String LOG = "a123456789abc";
  private static final byte[] NO_PAYLOAD = {};


  private final EnvelopeReader reader = new EnvelopeReader(1 << 20);

  @Test
  void workflowEventHasEveryFieldInItsPlace() {
    Draft draft =
        new Draft(
            "e-7", true, "acme", "user \"1\"", "agent.step", bytes("{\"n\":1.0}"), 1_764_000_000_000L, "planner",
            "s-42", 0,
            "planner/s-42/7", Priority.CRITICAL, "4bf92f3577b34da6a3ce929d0e0e4736");
    assertThat(text(EnvelopeWriter.write(draft, LOG, 12, 7, 1_764_000_000_123L)))
        .isEqualTo(
            "{\"id\":\"e-7\",\"orgId\":\"acme\",\"userId\":\"user \\\"1\\\"\",\"type\":\"agent.step\","
                + "\"payload\":{\"n\":1.0},\"timestamp\":1764000000000,\"agentId\":\"planner\",\"sessionId\":\"s-42\","
                + "\"sequence\":7,\"idempotencyKey\":\"planner/s-42/7\","
                + "\"metadata\":{\"compression\":\"none\",\"priority\":\"critical\"},"
                + "\"traceId\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\"receivedAt\":1764000000123,\"offset\":12,"
                + "\"cursor\":\"a123456789abc.12\"}");
  }

  @Test
  void plainEventHasNoEmptyFields() {
    Draft draft =
        new Draft("e", true, "o", "u", "t", bytes("{}"), 0, "", "", 0, "", Priority.STANDARD, "");
    assertThat(text(EnvelopeWriter.write(draft, LOG, 1, 0, 5)))
        .isEqualTo(
            "{\"id\":\"e\",\"orgId\":\"o\",\"userId\":\"u\",\"type\":\"t\",\"payload\":{},\"timestamp\":0,"
                + "\"receivedAt\":5,\"offset\":1,\"cursor\":\"a123456789abc.1\"}");
  }

  @Test
  void writtenEventIsReadBackEqual() {
    Random random = new Random(42);
    for (int round = 0; round < 20_000; round++) {
      Draft draft = draft(random);
      long offset = 1 + (random.nextLong() >>> (11 + random.nextInt(52)));
      byte[] line = EnvelopeWriter.write(draft, LOG, offset, draft.sequence(), random.nextLong() >>> 11);
      assertThat(text(line)).doesNotContain("\n", "\r").endsWith("\"cursor\":\"" + LOG + "." + offset + "\"}");
      Parsed parsed = reader.readEvent(line);
      assertThat(parsed).as(() -> text(line)).isInstanceOf(Parsed.Valid.class);
      Draft read = ((Parsed.Valid) parsed).draft();
      assertThat(read.payload()).isEqualTo(draft.payload());
      assertThat(withoutPayload(read)).isEqualTo(withoutPayload(draft));
    }
  }

  private static Draft withoutPayload(Draft draft) {
    return new Draft(
        draft.id(), draft.idGiven(), draft.orgId(), draft.userId(), draft.type(), NO_PAYLOAD, draft.timestamp(),
        draft.agentId(), draft.sessionId(), draft.sequence(), draft.idempotencyKey(), draft.priority(),
        draft.traceId());
  }

  private static Draft draft(Random random) {
    boolean session = random.nextBoolean();
    return new Draft(
        pick(random, "abcXYZ019._~-/:@", 256),
        true,
        pick(random, "abcXYZ019._~-", 128),
        pick(random, "ab \"\\/é€ß", 256),
        "a." + pick(random, "abcXYZ019_-", 100),
        bytes(RandomJson.object(random, 4, false)),
        random.nextLong() >>> 11,
        session ? pick(random, "abcXYZ019._~-", 128) : "",
        session ? pick(random, "abcXYZ019._~-", 128) : "",
        session ? 1 + (random.nextLong() >>> 12) : 0,
        random.nextBoolean() ? pick(random, "abcXYZ019._~-/:@", 256) : "",
        Priority.values()[random.nextInt(3)],
        random.nextBoolean() ? pick(random, "0123456789abcdef", 32) : "");
  }

  private static String pick(Random random, String alphabet, int max) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(random.nextInt(10) == 0 ? max : 12); i >= 0; i--) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
