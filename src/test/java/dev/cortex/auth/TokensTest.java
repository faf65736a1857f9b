package dev.cortex.auth;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.RSAKey;
import dev.cortex.config.ConfigException;
import dev.cortex.event.Channel;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Principal;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Scope;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Users' tokens against a configured secret: what is accepted, and that nothing else is. */
@Timeout(300)
final class TokensTest {

  private static final Vertx VERTX = Vertx.vertx();
  private static final String SERVICE = "a-bare-secret-for-development";

  private final HandClock clock = new HandClock();
  private final Tokens tokens = Tokens.open(VERTX, Mint.config(Mint.SECRET, "", SERVICE), clock).result();

  @AfterAll
  static void close() throws Exception {
    VERTX.close().toCompletionStage().toCompletableFuture().get();
  }

  @Test
  void goodTokenGivesItsPrincipal() {
    JsonObject claims = Mint.claims().put("scope", "publish launch subscribe").put("extra", new JsonObject());
    Principal principal = accepted(claims);
    assertThat(principal.userId()).isEqualTo("user-1");
    assertThat(principal.service()).isFalse();
    assertThat(principal.orgs()).containsExactly("acme");
    assertThat(principal.scopes()).containsExactlyInAnyOrder(Scope.PUBLISH, Scope.SUBSCRIBE);
    assertThat(principal.expiresAtMs()).isEqualTo(HandClock.START_MS + 3_600_000);
    assertThat(principal.may(Scope.PUBLISH, channel("acme:planner:s-1"))).isTrue();
    assertThat(principal.may(Scope.CONSUME, channel("acme"))).isFalse();
    assertThat(principal.may(Scope.PUBLISH, channel("globex"))).isFalse();
  }

  @Test
  void tokenWithoutScopeMayDoNothing() {
    JsonObject claims = Mint.claims();
    claims.remove("scope");
    assertThat(accepted(claims).scopes()).isEmpty();
  }

  @Test
  void patternsNarrowAndThoseOfOtherOrgsNeverWiden() {
    Principal own = accepted(Mint.claims().put("channels", new JsonArray().add("acme:planner").add("*:coder:s-1")));
    assertThat(own.may(Scope.SUBSCRIBE, channel("acme:planner:s-9"))).isTrue();
    assertThat(own.may(Scope.SUBSCRIBE, channel("acme:coder:s-1"))).isTrue();
    assertThat(own.may(Scope.SUBSCRIBE, channel("acme:coder:s-2"))).isFalse();
    assertThat(own.may(Scope.SUBSCRIBE, channel("acme"))).isFalse();
    assertThat(own.may(Scope.SUBSCRIBE, channel("globex:coder:s-1"))).isFalse();
    Principal foreign = accepted(Mint.claims().put("channels", new JsonArray().add("globex")));
    assertThat(foreign.may(Scope.SUBSCRIBE, channel("globex"))).isFalse();
    assertThat(foreign.may(Scope.SUBSCRIBE, channel("acme"))).isFalse();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "exp | ", "exp | null", "exp | \"1999999999\"", "exp | 1764000000", "exp | 1763999999", "exp | -1", "exp | 1e300",
    "exp | 0", "exp | [1999999999]", "exp | true",
    "nbf | 1764000061", "nbf | \"x\"", "nbf | null", "iat | 1764000061", "iat | {}",
    "iss | ", "iss | null", "iss | \"https://id.example/\"", "iss | \"https://ID.example\"",
    "iss | [\"https://id.example\"]",
    "aud | ", "aud | null", "aud | \"Cortex\"", "aud | \"cortex \"", "aud | []", "aud | [\"other\"]", "aud | {}",
    "sub | ", "sub | \"\"", "sub | 7", "sub | \"a\\nb\"", "sub | \"a\\u0000\"", "sub | \"\\ud800\"", "sub | null",
    "org | ", "org | \"\"", "org | \"*\"", "org | \"a:b\"", "org | \"a b\"", "org | [\"acme\"]", "org | null",
    "scope | null", "scope | [\"publish\"]", "scope | 1",
    "channels | null", "channels | []", "channels | \"acme\"", "channels | {}", "channels | [\"\"]",
    "channels | [\"acme:\"]", "channels | [\"acme:a:b:c\"]", "channels | [1]", "channels | [null]",
    "channels | [[\"acme\"]]", "channels | [\"acme\",\"a/b\"]"
  })
  void brokenClaimIsRefused(String name, String value) {
    String json = Mint.claims().encode();
    JsonObject without = new JsonObject(json);
    without.remove(name);
    String rest = without.encode().substring(1);
    String claims = value == null ? without.encode() : "{\"" + name + "\":" + value + "," + rest;
    assertRefused(Mint.hs256(Mint.HS256, claims));
  }

  @Test
  void timesHaveTheirTolerance() {
    long now = HandClock.START_MS / 1_000;
    accepted(Mint.claims().put("nbf", now + 60).put("iat", now + 60).put("exp", now + 1));
    accepted(Mint.claims().put("exp", now + 1.5));
    JsonObject claims = Mint.claims();
    claims.remove("iat");
    accepted(claims);
  }

  @Test
  void audienceMayBeOneOfSeveral() {
    accepted(Mint.claims().put("aud", new JsonArray().add("other").add("cortex")));
  }

  @Test
  void rememberedTokenEndsWhenItExpires() {
    String token = Mint.hs256(Mint.HS256, Mint.claims().encode());
    assertThat(tokens.user(token).succeeded()).isTrue();
    clock.advanceMs(3_599_999);
    assertThat(tokens.user(token).succeeded()).isTrue();
    clock.advanceMs(1);
    assertRefused(token);
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "none", "None", "NONE", "nOnE", "", " ", "HS256 ", "hs256", "HS384", "HS512", "RS256", "ES256", "PS256", "EdDSA",
    "HS256\\u0000", "dir"
  })
  void algorithmWithoutAKeyIsRefusedSignedOrNot(String algorithm) {
    String header = "{\"alg\":\"" + algorithm + "\"}";
    String claims = Mint.claims().encode();
    assertRefused(Mint.hs256(header, claims));
    assertRefused(Mint.part(header) + '.' + Mint.part(claims) + '.');
    assertRefused(Mint.part(header) + '.' + Mint.part(claims));
    assertRefused(Mint.part(header) + '.' + Mint.part(claims) + ".AA");
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "{}", "{\"typ\":\"JWT\"}", "[]", "\"x\"", "null", "", "{\"alg\":null}", "{\"alg\":[\"HS256\"]}", "{\"alg\":256}",
    "{\"alg\":\"HS256\",\"alg\":\"HS256\"}", "{\"alg\":\"none\",\"alg\":\"HS256\"}",
    "{\"alg\":\"HS256\",\"x\":{\"a\":1,\"a\":2}}", "{\"alg\":\"HS256\",\"crit\":[\"exp\"]}",
    "{\"alg\":\"HS256\",\"crit\":[]}", "{\"alg\":\"HS256\",\"crit\":null}", "{\"alg\":\"HS256\",\"b64\":false}",
    "{\"alg\":\"HS256\",\"zip\":\"DEF\"}", "{\"alg\":\"HS256\",\"cty\":\"JWT\"}",
    "{\"alg\":\"HS256\",\"enc\":\"A128GCM\"}", "{\"alg\":\"HS256\",\"typ\":\"logout+jwt\"}",
    "{\"alg\":\"HS256\",\"typ\":1}", "{\"alg\":\"HS256\",\"kid\":1}", "{\"alg\":\"HS256\",\"kid\":null}",
    "{\"alg\":\"HS256\"} {}", "{\"alg\":\"HS256\"}x", "{\"alg\":\"HS256\",}", "{'alg':'HS256'}", "{alg:\"HS256\"}",
    "{\"alg\":\"HS256\"/**/}", "{\"alg\":\"HS256\",\"a\":01}", "{\"alg\":\"HS256\",\"a\":NaN}",
    "{\"alg\":\"HS256\",\"a\":\"\\ud800\"}", "{\"alg\":\"HS256\",\"a\":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}"
  })
  void headerThatIsNotPlainIsRefusedThoughItsSignatureIsRight(String header) {
    assertRefused(Mint.hs256(header, Mint.claims().encode()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"JWT", "jwt", "at+jwt", "application/at+JWT"})
  void typesOfAccessTokensAreAccepted(String type) {
    String header = "{\"typ\":\"" + type + "\",\"alg\":\"HS256\",\"kid\":\"any\"}";
    assertThat(tokens.user(Mint.hs256(header, Mint.claims().encode())).succeeded()).isTrue();
  }

  @Test
  void keysThatTheTokenBringsAreNotLookedAt() {
    RSAKey own = Mint.rsa("mine", 2_048);
    JsonObject header =
        new JsonObject().put("alg", "RS256").put("jwk", new JsonObject(own.toPublicJWK().toJSONString()))
            .put("jku", "http://127.0.0.1:1/keys").put("x5u", "http://127.0.0.1:1/x").put("x5c", new JsonArray());
    assertRefused(Mint.rs256(own, header.encode(), Mint.claims().encode()));
    String withOurs = header.put("alg", "HS256").encode();
    assertThat(tokens.user(Mint.hs256(withOurs, Mint.claims().encode())).succeeded()).isTrue();
  }

  @Test
  void doubledClaimIsRefusedAtAnyDepth() {
    String claims = Mint.claims().encode();
    String rest = claims.substring(1);
    assertRefused(Mint.hs256(Mint.HS256, "{\"org\":\"globex\"," + rest));
    assertRefused(Mint.hs256(Mint.HS256, "{\"o\\u0072g\":\"globex\"," + rest));
    assertRefused(Mint.hs256(Mint.HS256, "{\"x\":[{\"a\":1,\"a\":1}]," + rest));
    assertRefused(Mint.hs256(Mint.HS256, claims + "{}"));
  }

  @Test
  void otherEncodingsOfAGoodTokenAreRefused() {
    String good = Mint.hs256(Mint.HS256, Mint.claims().encode());
    String[] parts = good.split("\\.");
    for (String bad :
        new String[] {
          ' ' + good, good + ' ', good + '=', good + '.', '.' + good, good + ".a.b", good.replace('.', ','),
          good + '\n',
          parts[0] + "==." + parts[1] + '.' + parts[2], parts[0] + '.' + parts[1], parts[0] + ".." + parts[2],
          parts[0] + '.' + parts[1] + '.', "Bearer " + good, otherTail(good)
        }) {
      assertRefused(bad);
    }
    byte[] latin = "{\"alg\":\"HS256\",\"a\":\"é\"}".getBytes(StandardCharsets.ISO_8859_1);
    assertRefused(Mint.part(latin) + '.' + parts[1] + '.' + parts[2]);
  }

  @Test
  void tokenBeyondTheLimitIsRefusedUnread() {
    assertThat(accepted(Mint.claims().put("pad", "x".repeat(5_000))).name()).isEqualTo("user-1");
    assertRefused(Mint.hs256(Mint.HS256, Mint.claims().put("pad", "x".repeat(7_000)).encode()));
    assertRefused("x".repeat(50_000_000));
  }

  @Test
  void otherSecretForges() {
    byte[] other = "another secret of the same size.".getBytes(StandardCharsets.UTF_8);
    assertRefused(Mint.hs256(Mint.HS256, Mint.claims().encode(), other));
    assertRefused(Mint.hs256(Mint.HS256, Mint.claims().encode(), new byte[32]));
  }

  @Test
  void mutatedAndRandomTextIsRefusedAndNeverFailsOtherwise() {
    Random random = new Random(7);
    String good = Mint.hs256(Mint.HS256, Mint.claims().encode());
    String alphabet = "ABab01-_.=%{}\" \u0000é";
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder(good);
      int changes = 1 + random.nextInt(3);
      for (int c = 0; c < changes; c++) {
        int at = random.nextInt(text.length());
        char other = alphabet.charAt(random.nextInt(alphabet.length()));
        switch (random.nextInt(3)) {
          case 0 -> text.setCharAt(at, other);
          case 1 -> text.deleteCharAt(at);
          default -> text.insert(at, other);
        }
      }
      if (!text.toString().equals(good)) {
        assertRefused(text.toString());
      }
      String json = "{\"alg\":\"HS256\"," + random.ints(12, 32, 127).collect(
          StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append) + "}";
      assertRefused(Mint.hs256(json, Mint.claims().encode()));
    }
  }

  @Test
  void headerMayBringEitherKindOfToken() {
    assertThat(tokens.any(SERVICE).result().service()).isTrue();
    assertThat(tokens.any(Mint.hs256(Mint.HS256, Mint.claims().encode())).result().service()).isFalse();
    assertThat(tokens.any("neither").cause()).hasMessage("The token is neither a JWT nor a known service token");
    assertRefused(SERVICE);
  }

  @Test
  void withoutAKeyNothingOpens() {
    assertThat(Tokens.open(VERTX, Mint.config("", ""), clock).cause())
        .isInstanceOf(ConfigException.class)
        .hasMessage("auth: no key: set auth.jwt_secret or auth.jwks_url");
    assertThat(Tokens.open(VERTX, Mint.config("thirty-one bytes are not enough", ""), clock).cause())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("auth.jwt_secret").hasMessageContaining("32").hasMessageNotContaining("thirty");
    assertThat(Tokens.open(VERTX, Mint.config(Mint.SECRET, "", "short"), clock).cause())
        .isInstanceOf(ConfigException.class).hasMessageContaining("auth.service_tokens");
  }

  private Principal accepted(JsonObject claims) {
    Future<Principal> read = tokens.user(Mint.hs256(Mint.HS256, claims.encode()));
    assertThat(read.succeeded()).as("%s", read.cause()).isTrue();
    return read.result();
  }

  private void assertRefused(String token) {
    assertThat(outcome(token)).isEqualTo(ErrorCode.UNAUTHORIZED);
  }

  private ErrorCode outcome(String token) {
    Future<Principal> read = tokens.user(token);
    assertThat(read.isComplete()).isTrue();
    assertThat(read.succeeded()).as("accepted: %s", token.length() > 500 ? "a long text" : token).isFalse();
    assertThat(read.cause()).isInstanceOf(RefusedException.class);
    String head = token.length() < 40 ? "no token" : token.substring(0, 40);
    assertThat(read.cause().getMessage()).doesNotContain(head);
    return ((RefusedException) read.cause()).code();
  }

  /** The same token with other bits where its last character has bits to spare. */
  private static String otherTail(String token) {
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    int last = alphabet.indexOf(token.charAt(token.length() - 1));
    return token.substring(0, token.length() - 1) + alphabet.charAt(last ^ 1);
  }

  private static Channel channel(String text) {
    return Channel.parse(text).orElseThrow();
  }
}
