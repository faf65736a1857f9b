package dev.cortex.auth;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.RSAKey;
import dev.cortex.config.ConfigException;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Principal;
import dev.cortex.event.RefusedException;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Users' tokens against the keys of an issuer, published by a small server here. */
@Timeout(300)
final class PublishedKeysTest {

  private static final RSAKey FIRST = Mint.rsa("first", 2_048);
  private static final RSAKey SECOND = Mint.rsa("second", 2_048);
  private static final RSAKey STRANGER = Mint.rsa("first", 2_048);
  private static final ECKey CURVE = Mint.ec("curve", Curve.P_256);
  private static final String CLAIMS = Mint.claims().encode();

  /** Periodic work never comes in a test's time; a test moves the clock to where it would. */
  private static final KeySource.Timing TIMING =
      new KeySource.Timing(600_000, 10_000, 3_600_000, 0, 86_400_000, 2_000);

  private final Vertx vertx = Vertx.vertx();
  private final HandClock clock = new HandClock();
  private final AtomicInteger fetches = new AtomicInteger();
  private volatile Consumer<HttpServerRequest> answer = request -> request.response().end(Mint.keySet(FIRST, CURVE));
  private HttpServer server;
  private String url;

  @BeforeEach
  void publish() throws Exception {
    server =
        vertx
            .createHttpServer()
            .requestHandler(request -> {
              fetches.incrementAndGet();
              answer.accept(request);
            });
    url = "http://127.0.0.1:" + get(server.listen(0, "127.0.0.1")).actualPort() + "/keys?password=hunter2";
  }

  @AfterEach
  void close() throws Exception {
    get(vertx.close());
  }

  @Test
  void tokensOfPublishedKeysAreAccepted() throws Exception {
    Tokens tokens = open("");
    assertThat(get(tokens.user(Mint.rs256(FIRST, CLAIMS))).name()).isEqualTo("user-1");
    assertThat(get(tokens.user(Mint.es256(CURVE, CLAIMS))).name()).isEqualTo("user-1");
    assertThat(get(tokens.user(Mint.rs256(FIRST, "{\"alg\":\"RS256\"}", CLAIMS))).name())
        .as("a token that names no key").isEqualTo("user-1");
    assertThat(fetches).hasValue(1);
    refused(tokens, Mint.hs256(Mint.HS256, CLAIMS), ErrorCode.UNAUTHORIZED);
  }

  @Test
  void secretAndPublishedKeysWorkSideBySide() throws Exception {
    Tokens tokens = open(Mint.SECRET);
    get(tokens.user(Mint.hs256(Mint.HS256, CLAIMS)));
    get(tokens.user(Mint.rs256(FIRST, CLAIMS)));
  }

  @Test
  void publicKeyIsNeverASecret() throws Exception {
    byte[] der = FIRST.toPublicKey().getEncoded();
    String pem =
        "-----BEGIN PUBLIC KEY-----\n" + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
            + "\n-----END PUBLIC KEY-----\n";
    String jwk = FIRST.toPublicJWK().toJSONString();
    List<byte[]> confused =
        List.of(
            der, pem.getBytes(StandardCharsets.US_ASCII), pem.strip().getBytes(StandardCharsets.US_ASCII),
            jwk.getBytes(StandardCharsets.US_ASCII), FIRST.getModulus().decode(),
            Mint.keySet(FIRST, CURVE).getBytes(StandardCharsets.US_ASCII));
    for (Tokens tokens : List.of(open(""), open(Mint.SECRET))) {
      for (byte[] key : confused) {
        refused(tokens, Mint.hs256("{\"alg\":\"HS256\",\"kid\":\"first\"}", CLAIMS, key), ErrorCode.UNAUTHORIZED);
      }
    }
  }

  @Test
  void signatureOfAnotherKeyIsForgedWhateverItsName() throws Exception {
    Tokens tokens = open("");
    refused(tokens, Mint.rs256(STRANGER, CLAIMS), ErrorCode.UNAUTHORIZED);
    refused(tokens, Mint.es256(Mint.ec("curve", Curve.P_256), CLAIMS), ErrorCode.UNAUTHORIZED);
    refused(tokens, Mint.rs256(FIRST, "{\"alg\":\"ES256\",\"kid\":\"curve\"}", CLAIMS), ErrorCode.UNAUTHORIZED);
    refused(tokens, Mint.rs256(FIRST, "{\"alg\":\"RS256\",\"kid\":\"curve\"}", CLAIMS), ErrorCode.UNAUTHORIZED);
    String zero = Mint.part("{\"alg\":\"ES256\",\"kid\":\"curve\"}") + '.' + Mint.part(CLAIMS) + '.';
    for (byte[] signature : List.of(new byte[64], new byte[1], new byte[2_048])) {
      refused(tokens, zero + Mint.part(signature), ErrorCode.UNAUTHORIZED);
    }
  }

  @Test
  void newKeyIsKnownAtOnceAndAWithdrawnOneNoLonger() throws Exception {
    Tokens tokens = open("");
    String old = Mint.rs256(FIRST, CLAIMS);
    get(tokens.user(old));
    clock.advanceMs(10_000);
    answer = request -> request.response().end(Mint.keySet(SECOND));
    get(tokens.user(Mint.rs256(SECOND, CLAIMS)));
    assertThat(fetches).hasValue(2);
    refused(tokens, old, ErrorCode.UNAUTHORIZED);
  }

  @Test
  void floodOfUnknownKeysIsOneFetchAndSlowsNobody() throws Exception {
    Tokens tokens = open(Mint.SECRET);
    String seenBefore = Mint.rs256(FIRST, CLAIMS);
    get(tokens.user(seenBefore));
    clock.advanceMs(10_000);
    Promise<Void> release = Promise.promise();
    answer = request -> release.future().onComplete(go -> request.response().end(Mint.keySet(FIRST)));
    List<Future<Principal>> flood = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      flood.add(tokens.user(Mint.hs256("{\"alg\":\"RS256\",\"kid\":\"" + i + "\"}", CLAIMS)));
    }
    assertThat(flood.stream().filter(each -> !each.isComplete()).count()).isEqualTo(1_000);
    assertThat(tokens.user(seenBefore).succeeded()).isTrue();
    assertThat(tokens.user(Mint.hs256(Mint.HS256, CLAIMS)).succeeded()).isTrue();
    get(tokens.user(Mint.es256(CURVE, CLAIMS)));
    release.complete();
    for (Future<Principal> each : flood) {
      assertThat(failure(each).code()).isEqualTo(ErrorCode.UNAUTHORIZED);
    }
    for (int i = 0; i < 100; i++) {
      refused(tokens, Mint.hs256("{\"alg\":\"ES256\",\"kid\":\"" + i + "\"}", CLAIMS), ErrorCode.UNAUTHORIZED);
    }
    assertThat(fetches).hasValue(2);
  }

  @Test
  void floodOfForgedSignaturesIsBounded() throws Exception {
    Tokens tokens = open("");
    CountDownLatch release = new CountDownLatch(1);
    WorkerExecutor sameThreads = vertx.createSharedWorkerExecutor("cortex-verify");
    for (int i = 0; i < 2; i++) {
      sameThreads.executeBlocking(() -> release.await(60, TimeUnit.SECONDS), false);
    }
    String forged = Mint.rs256(STRANGER, CLAIMS);
    List<Future<Principal>> flood = new ArrayList<>();
    for (int i = 0; i < 2_050; i++) {
      flood.add(tokens.user(forged));
    }
    for (Future<Principal> each : flood.subList(2_000, 2_050)) {
      assertThat(failure(each).code()).isEqualTo(ErrorCode.OVERLOADED);
    }
    release.countDown();
    for (Future<Principal> each : flood.subList(0, 2_000)) {
      assertThat(failure(each).code()).isEqualTo(ErrorCode.UNAUTHORIZED);
    }
    get(tokens.user(Mint.rs256(FIRST, CLAIMS)));
  }

  @Test
  void badClaimsCauseNoFetch() throws Exception {
    Tokens tokens = open("");
    clock.advanceMs(10_000);
    refused(tokens, Mint.rs256(SECOND, Mint.claims().put("aud", "other").encode()), ErrorCode.UNAUTHORIZED);
    assertThat(fetches).hasValue(1);
  }

  @Test
  void lastGoodKeysServeWhileTheIssuerIsDownButNotForEver() throws Exception {
    Tokens tokens = open(Mint.SECRET);
    answer = request -> request.response().setStatusCode(503).end(Mint.keySet(SECOND));
    clock.advanceMs(86_400_000);
    long now = clock.wallMs() / 1_000;
    String claims = Mint.claims().put("iat", now).put("exp", now + 90_000).encode();
    String published = Mint.rs256(FIRST, claims);
    get(tokens.user(published));
    refused(tokens, Mint.rs256(SECOND, claims), ErrorCode.UNAUTHORIZED);
    clock.advanceMs(1_000);
    refused(tokens, published, ErrorCode.INTERNAL);
    get(tokens.user(Mint.hs256(Mint.HS256, claims)));
    answer = request -> request.response().end(Mint.keySet(FIRST));
    clock.advanceMs(10_000);
    get(tokens.user(published));
  }

  @Test
  void keysAreFetchedAgainWhenTheyAreOld() throws Exception {
    KeySource.Timing quick = new KeySource.Timing(600_000, 10_000, 20, 0, 86_400_000, 2_000);
    Tokens tokens = get(Tokens.open(vertx, Mint.config("", url), clock, quick));
    String old = Mint.rs256(FIRST, CLAIMS);
    get(tokens.user(old));
    answer = request -> request.response().end(Mint.keySet(SECOND));
    clock.advanceMs(600_000);
    long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (tokens.user(old).succeeded()) {
      assertThat(System.nanoTime()).as("the old key is withdrawn").isLessThan(endNs);
      Thread.onSpinWait();
    }
    get(tokens.user(Mint.rs256(SECOND, CLAIMS)));
    assertThat(fetches).hasValue(2);
  }

  @Test
  void callersAreAnsweredWhereTheyAsked() throws Exception {
    Tokens tokens = open("");
    clock.advanceMs(10_000);
    Context context = vertx.getOrCreateContext();
    Promise<Context> answeredOn = Promise.promise();
    context.runOnContext(go ->
        tokens.user(Mint.rs256(SECOND, CLAIMS)).onComplete(done -> answeredOn.complete(Vertx.currentContext())));
    assertThat(get(answeredOn.future())).isSameAs(context);
    assertThat(fetches).hasValue(2);
  }

  @Test
  void keysOfOtherKindsSizesAndPurposesAreLeftOut() throws Exception {
    String unfit = Mint.keySet(Mint.rsa("small", 1_024), Mint.ec("large", Curve.P_384));
    JsonArray keys = new JsonObject(unfit).getJsonArray("keys");
    keys.add(json(SECOND).put("kid", "secrecy").put("use", "enc"));
    keys.add(json(SECOND).put("kid", "other").put("alg", "RS512"));
    keys.add(json(SECOND).put("kid", "wrapping").put("key_ops", new JsonArray().add("wrapKey")));
    keys.add(new JsonObject().put("kty", "oct").put("kid", "oct").put("k", Mint.part(Mint.SECRET)));
    keys.add(new JsonObject().put("kty", "unheard").put("kid", "of"));
    keys.add(new JsonObject().put("kty", "RSA").put("kid", "broken").put("n", "!").put("e", 7));
    keys.add("no key").add(1).addNull();
    keys.add(json(FIRST).put("alg", "RS256").put("use", "sig").put("x5c", "not looked at"));
    String set = new JsonObject().put("keys", keys).encode();
    answer = request -> request.response().end(set);
    Tokens tokens = open("");
    get(tokens.user(Mint.rs256(FIRST, CLAIMS)));
    for (String keyId : List.of("secrecy", "other", "wrapping", "small", "large", "broken")) {
      String header = new JsonObject().put("alg", "RS256").put("kid", keyId).encode();
      refused(tokens, Mint.rs256(SECOND, header, CLAIMS), ErrorCode.UNAUTHORIZED);
    }
    refused(tokens, Mint.hs256("{\"alg\":\"HS256\",\"kid\":\"oct\"}", CLAIMS), ErrorCode.UNAUTHORIZED);
  }

  @Test
  void sourceThatGivesNoKeysStopsTheStartAndSaysWhy() throws Exception {
    assertNoStart("HTTP status 404", request -> request.response().setStatusCode(404).end());
    assertNoStart("HTTP status 302",
        request -> request.response().setStatusCode(302).putHeader("Location", "/elsewhere").end());
    assertNoStart("no RS256 or ES256 key", request -> request.response().end("{\"keys\":[]}"));
    assertNoStart("no key set", request -> request.response().end("{}"));
    assertNoStart("not strict JSON", request -> request.response().end("<html>"));
    assertNoStart("", request -> request.response().setChunked(true).write("{\"keys\":["));
    assertNoStart("", request -> request.connection().close());
    assertNoStart("more than 262144 bytes", request -> request.response().end(" ".repeat(262_145)));
    get(server.close());
    assertNoStart("refused", request -> { });
  }

  @Test
  void startWaitsForAnIssuerThatIsAMomentLate() throws Exception {
    KeySource.Timing patient = new KeySource.Timing(600_000, 10_000, 3_600_000, 10_000, 86_400_000, 2_000);
    answer =
        request -> {
          boolean late = fetches.get() > 1;
          request.response().setStatusCode(late ? 200 : 503).end(late ? Mint.keySet(FIRST) : "");
        };
    Tokens tokens = get(Tokens.open(vertx, Mint.config("", url), clock, patient));
    get(tokens.user(Mint.rs256(FIRST, CLAIMS)));
  }

  private void assertNoStart(String reason, Consumer<HttpServerRequest> answers) throws Exception {
    answer = answers;
    Future<Tokens> opened = Tokens.open(vertx, Mint.config(Mint.SECRET, url), clock, TIMING);
    Throwable failure = failureOf(opened);
    assertThat(failure)
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("auth.jwks_url: no keys from 127.0.0.1: ")
        .hasMessageContaining(reason)
        .hasMessageNotContaining("hunter2");
  }

  private Tokens open(String secret) throws Exception {
    return get(Tokens.open(vertx, Mint.config(secret, url), clock, TIMING));
  }

  private static JsonObject json(RSAKey key) {
    return new JsonObject(key.toPublicJWK().toJSONString());
  }

  private static void refused(Tokens tokens, String token, ErrorCode code) throws Exception {
    assertThat(failure(tokens.user(token)).code()).isEqualTo(code);
  }

  private static RefusedException failure(Future<?> future) throws Exception {
    return (RefusedException) failureOf(future);
  }

  private static Throwable failureOf(Future<?> future) throws Exception {
    try {
      get(future);
    } catch (ExecutionException e) {
      return e.getCause();
    }
    throw new AssertionError("accepted");
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }
}
