package dev.cortex.auth;

import static org.assertj.core.api.Assertions.assertThat;

import com.standardwebhooks.Webhook;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Signatures of pushes: those of the reference library are ours, and nobody else's are. */
@Timeout(300)
final class WebhookSignatureTest {

  private static final long SEED = 20_261_122;
  private static final int HOSTILE = 10_000;

  private final long nowSeconds = System.currentTimeMillis() / 1_000;
  private final Random chance = new Random(SEED);

  /** A message as it arrives. */
  private record Message(String id, String timestamp, String signature, byte[] body) {}

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private boolean believed(String secret, Message message) {
    return WebhookSignature.doubt(
            List.of(secret), message.id(), message.timestamp(), message.signature(), message.body(),
            nowSeconds * 1_000)
        .isEmpty();
  }

  private Message signed(String secret, String id, long seconds, byte[] body) {
    return new Message(
        id, Long.toString(seconds), WebhookSignature.sign(List.of(secret), id, seconds, body), body);
  }

  private String secret() {
    byte[] bytes = new byte[24 + chance.nextInt(41)];
    chance.nextBytes(bytes);
    return "whsec_" + Base64.getEncoder().encodeToString(bytes);
  }

  private String json(int length) {
    StringBuilder text = new StringBuilder("{\"x\":\"");
    for (int i = 0; i < length; i++) {
      text.append((char) ('a' + chance.nextInt(26)));
    }
    return text.append(" Ä€😀\"}").toString();
  }

  @Test
  void theReferenceLibraryBelievesWhatIsSignedHere() throws Exception {
    for (int i = 0; i < 200; i++) {
      String secret = secret();
      String body = json(chance.nextInt(2_000));
      Message message = signed(secret, "push_" + i, nowSeconds, utf8(body));
      HttpHeaders headers = HttpHeaders.of(
          Map.of(
              WebhookSignature.ID, List.of(message.id()),
              WebhookSignature.TIMESTAMP, List.of(message.timestamp()),
              WebhookSignature.SIGNATURE, List.of(message.signature())),
          (name, value) -> true);
      new Webhook(secret).verify(body, headers); // throws when it does not
      assertThat(believed(secret, message)).isTrue();
    }
  }

  @Test
  void whatTheReferenceLibrarySignsIsBelievedHere() throws Exception {
    for (int i = 0; i < 200; i++) {
      String secret = secret();
      String body = json(chance.nextInt(2_000));
      String signature = new Webhook(secret).sign("msg_" + i, nowSeconds, body);
      assertThat(believed(secret, new Message("msg_" + i, Long.toString(nowSeconds), signature, utf8(body)))).isTrue();
    }
  }

  @Test
  void theExampleOfTheSpecificationIsSignedAsItSays() {
    String secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    assertThat(WebhookSignature.sign(
            List.of(secret), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330L, utf8("{\"test\": 2432232314}")))
        .isEqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  }

  @Test
  void eachOfTwoSecretsIsEnough() {
    String former = secret();
    String present = secret();
    byte[] body = utf8("{}");
    String both = WebhookSignature.sign(List.of(present, former), "p", nowSeconds, body);
    Message message = new Message("p", Long.toString(nowSeconds), both, body);
    assertThat(believed(former, message)).isTrue();
    assertThat(believed(present, message)).isTrue();
    assertThat(believed(secret(), message)).isFalse();
  }

  @Test
  void windowIsFiveMinutesEitherWay() {
    String secret = secret();
    for (long off : new long[] {-300, -299, 0, 299, 300}) {
      assertThat(believed(secret, signed(secret, "p", nowSeconds + off, utf8("{}")))).as("%d s", off).isTrue();
    }
    for (long off : new long[] {-86_400, -301, 301, 86_400, 1L << 40}) {
      assertThat(believed(secret, signed(secret, "p", nowSeconds + off, utf8("{}")))).as("%d s", off).isFalse();
    }
    assertThat(WebhookSignature.doubt(
            List.of(secret), "p", "1", "v1,x", utf8("{}"), nowSeconds * 1_000).orElseThrow())
        .contains(Long.toString(nowSeconds));
  }

  @Test
  void noneOfTenThousandHostileMessagesIsBelieved() {
    int believed = 0;
    for (int i = 0; i < HOSTILE; i++) {
      String secret = secret();
      Message genuine = signed(secret, "push_" + i, nowSeconds, utf8(json(1 + chance.nextInt(200))));
      Message hostile = switch (i % 8) {
        case 0 -> signed(secret(), genuine.id(), nowSeconds, genuine.body());
        case 1 -> new Message(genuine.id(), genuine.timestamp(), genuine.signature(), altered(genuine.body()));
        case 2 -> new Message(altered(genuine.id()), genuine.timestamp(), genuine.signature(), genuine.body());
        case 3 -> new Message(
            genuine.id(), Long.toString(nowSeconds + 1 + chance.nextInt(299)), genuine.signature(), genuine.body());
        case 4 -> new Message(genuine.id(), genuine.timestamp(), altered(genuine.signature()), genuine.body());
        case 5 -> signed(secret, genuine.id(), nowSeconds - 301 - chance.nextInt(1_000_000), genuine.body());
        case 6 -> signed(secret, genuine.id(), nowSeconds + 301 + chance.nextInt(1_000_000), genuine.body());
        default -> absent(genuine);
      };
      believed += believed(secret, hostile) ? 1 : 0;
    }
    assertThat(believed).isZero();
  }

  @Test
  void everyByteOfAMessageCounts() {
    String secret = secret();
    Message genuine = signed(secret, "push_1", nowSeconds, utf8(json(40)));
    for (int at = 0; at < genuine.body().length; at++) {
      for (int bit = 0; bit < 8; bit++) {
        byte[] body = genuine.body().clone();
        body[at] ^= (byte) (1 << bit);
        assertThat(believed(secret, new Message(genuine.id(), genuine.timestamp(), genuine.signature(), body)))
            .isFalse();
      }
    }
    for (int at = 0; at < genuine.signature().length(); at++) {
      for (char other : new char[] {'A', 'B', '0', '=', ' ', ','}) {
        if (genuine.signature().charAt(at) != other) {
          String signature = genuine.signature().substring(0, at) + other + genuine.signature().substring(at + 1);
          assertThat(believed(secret, new Message(genuine.id(), genuine.timestamp(), signature, genuine.body())))
              .as(signature)
              .isFalse();
        }
      }
    }
  }

  @Test
  void oneSignatureHasOneForm() {
    String secret = secret();
    Message genuine = signed(secret, "push_1", nowSeconds, utf8("{}"));
    String base64 = genuine.signature().substring(3);
    for (String other : List.of(
        "v1," + base64.replace("=", ""), "V1," + base64, "v2," + base64, base64, "v1," + base64 + "\n",
        "v1," + base64.replace('+', '-').replace('/', '_') + '=', "v1, " + base64, "v1a," + base64)) {
      assertThat(believed(secret, new Message(genuine.id(), genuine.timestamp(), other, genuine.body())))
          .as(other)
          .isFalse();
    }
    String many = "v1,x ".repeat(8) + genuine.signature();
    assertThat(believed(secret, new Message(genuine.id(), genuine.timestamp(), many, genuine.body()))).isFalse();
  }

  @Test
  void secretHasTwentyFourToSixtyFourBytes() {
    for (int length = 0; length < 100; length++) {
      String text = "whsec_" + Base64.getEncoder().encodeToString(new byte[length]);
      assertThat(WebhookSignature.isSecret(text)).as("%d bytes", length).isEqualTo(length >= 24 && length <= 64);
    }
    assertThat(WebhookSignature.isSecret("whsec_***")).isFalse();
    assertThat(WebhookSignature.isSecret(Base64.getEncoder().encodeToString(new byte[32]))).isFalse();
    assertThat(WebhookSignature.isSecret(WebhookSignature.newSecret(new SecureRandom()))).isTrue();
  }

  private byte[] altered(byte[] body) {
    byte[] other = body.clone();
    other[chance.nextInt(other.length)] ^= (byte) (1 << chance.nextInt(8));
    return other;
  }

  private String altered(String text) {
    int at = chance.nextInt(text.length());
    char other = text.charAt(at) == 'x' ? 'y' : 'x';
    return text.substring(0, at) + other + text.substring(at + 1);
  }

  private Message absent(Message genuine) {
    return switch (chance.nextInt(3)) {
      case 0 -> new Message("", genuine.timestamp(), genuine.signature(), genuine.body());
      case 1 -> new Message(genuine.id(), "", genuine.signature(), genuine.body());
      default -> new Message(genuine.id(), genuine.timestamp(), "", genuine.body());
    };
  }

  @Test
  void signaturesOfTheLibraryForNodeAreOurs() throws IOException {
    for (Object each : new JsonArray(Files.readString(Path.of("test-fixtures/webhooks/signatures.json")))) {
      JsonObject made = (JsonObject) each;
      List<String> secrets = List.of(made.getString("secret"));
      long seconds = made.getLong("timestamp");
      byte[] body = utf8(made.getString("body"));
      String id = made.getString("id");
      assertThat(WebhookSignature.sign(secrets, id, seconds, body)).isEqualTo(made.getString("signature"));
      assertThat(WebhookSignature.doubt(
              secrets, id, Long.toString(seconds), made.getString("signature"), body, seconds * 1_000))
          .isEmpty();
    }
  }
}
