package dev.cortex.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.auth.WebhookSignature;
import dev.cortex.bus.Message.Push;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import dev.cortex.testing.Patience;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What strangers send to a desktop's door for pushes, which a tunnel opens to the world: none of it has an effect. */
@Timeout(120)
final class HostilePushTest {

  private static final int PUSHES = 10_000;
  private static final long SEED = 20_261_122;

  private final Random chance = new Random(SEED);

  @TempDir Path dir;

  private static JsonObject event(long offset) {
    return new JsonObject().put("id", "pushed-" + offset).put("orgId", BridgeBed.ORG).put("userId", "u")
        .put("type", "a.b").put("timestamp", 1).put("offset", offset);
  }

  private static Push signed(String secret, String id, long seconds, String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return new Push(
        id, Long.toString(seconds), WebhookSignature.sign(List.of(secret), id, seconds, bytes), bytes);
  }

  private Push hostile(int i, String secret, long after) {
    long now = System.currentTimeMillis() / 1_000;
    String body = BridgeBed.range(FakeCloud.LOG, after, after + 1, event(after + 1));
    Push genuine = signed(secret, "push-" + i, now, body);
    return switch (i % 10) {
      case 0 -> signed(WebhookSignature.newSecret(new SecureRandom()), genuine.id(), now, body);
      case 1 -> new Push(genuine.id(), genuine.timestamp(), genuine.signature(), altered(genuine.body()));
      case 2 -> new Push(altered(genuine.id()), genuine.timestamp(), genuine.signature(), genuine.body());
      case 3 -> new Push(
          genuine.id(), Long.toString(now + 1 + chance.nextInt(250)), genuine.signature(), genuine.body());
      case 4 -> new Push(genuine.id(), genuine.timestamp(), altered(genuine.signature()), genuine.body());
      case 5 -> signed(secret, genuine.id(), now - 310 - chance.nextInt(1_000_000), body);
      case 6 -> signed(secret, genuine.id(), now + 310 + chance.nextInt(1_000_000), body);
      case 7 -> new Push(genuine.id(), genuine.timestamp(), "", genuine.body());
      case 8 -> new Push("", "", "", genuine.body());
      default -> new Push(
          genuine.id(), genuine.timestamp(), genuine.signature(), (body + " ").getBytes(StandardCharsets.UTF_8));
    };
  }

  private byte[] altered(byte[] body) {
    byte[] other = body.clone();
    other[chance.nextInt(other.length)] ^= (byte) (1 << chance.nextInt(8));
    return other;
  }

  private String altered(String text) {
    int at = chance.nextInt(text.length());
    return text.substring(0, at) + (text.charAt(at) == 'x' ? 'y' : 'x') + text.substring(at + 1);
  }

  @Test
  void noneOfTenThousandHostilePushesIsTaken() throws Exception {
    try (BridgeBed bed = new BridgeBed(dir, "sync.callback_url=https://desk.example.com").started()) {
      bed.cloud.born("first");
      Patience.until("it is in step and registered", 60, () ->
          bed.cursor().equals(FakeCloud.LOG + ".1") && !bed.cloud.askedFor("/api/callbacks").isEmpty());
      String secret = bed.secret();
      Map<ErrorCode, Integer> refusals = new TreeMap<>();
      int taken = 0;
      for (int i = 0; i < PUSHES; i++) {
        try {
          bed.push(hostile(i, secret, 1));
          taken++;
        } catch (RefusedException refused) {
          refusals.merge(refused.code(), 1, Integer::sum);
        }
      }
      assertThat(taken).isZero();
      assertThat(refusals).containsExactly(Map.entry(ErrorCode.BAD_SIGNATURE, PUSHES));
      assertThat(bed.ids()).containsExactly("first");
      assertThat(bed.cursor()).isEqualTo(FakeCloud.LOG + ".1");
    }
  }

  @Test
  void replayedPushHasNoEffect() throws Exception {
    try (BridgeBed bed = new BridgeBed(dir, "sync.callback_url=https://desk.example.com").started()) {
      bed.cloud.born("first");
      Patience.until("it is in step and registered", 60, () ->
          bed.cursor().equals(FakeCloud.LOG + ".1") && !bed.cloud.askedFor("/api/callbacks").isEmpty());
      bed.cloud.cover(2);
      Push genuine = signed(
          bed.secret(), "push-1", System.currentTimeMillis() / 1_000,
          BridgeBed.range(FakeCloud.LOG, 1, 2, event(2)));
      assertThat(bed.push(genuine).getString("cursor")).isEqualTo(FakeCloud.LOG + ".2");
      for (int i = 0; i < 200; i++) {
        JsonObject again = bed.push(genuine);
        assertThat(again.getString("status")).isEqualTo("duplicate");
        assertThat(again.getString("cursor")).isEqualTo(FakeCloud.LOG + ".2");
      }
      assertThat(bed.ids()).doesNotHaveDuplicates().contains("first");
      assertThat(bed.cursor()).isEqualTo(FakeCloud.LOG + ".2");
    }
  }
}
