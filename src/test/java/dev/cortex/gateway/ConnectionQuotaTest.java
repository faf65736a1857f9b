package dev.cortex.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.cortex.bus.Codecs;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Message;
import dev.cortex.bus.RoomCalls;
import dev.cortex.bus.ShardMap;
import dev.cortex.testing.CloudNode;
import dev.cortex.testing.Patience;
import dev.cortex.testing.RawHttp;
import dev.cortex.testing.RawWebSocket;
import dev.cortex.testing.UserToken;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.MessageConsumer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How many connections an org may have, asked before they open. */
@Timeout(300)
class ConnectionQuotaTest {

  private static final String ACME = UserToken.of("acme").text();

  @TempDir Path folder;

  @Test
  void connectionBeyondTheQuotaIsRefusedBeforeItOpensAndTheNextOneAfterACloseIsNot() throws Exception {
    try (CloudNode node = CloudNode.start(folder, "limits.connections=2");
        RawHttp stream = node.stream(ACME, "")) {
      RawWebSocket second = node.webSocket(ACME, "");
      assertThatIOException().isThrownBy(() -> node.webSocket(ACME, "")).withMessageContaining(" 429 ");
      RawHttp.Answer refused = node.ask("GET", "/api/stream", "", "Authorization: Bearer " + ACME);
      assertThat(refused.status()).isEqualTo(429);
      assertThat(refused.code()).isEqualTo("rate_limited");
      assertThat(refused.header("Retry-After")).isNotEmpty();
      node.webSocket(UserToken.of("globex").text(), "").close();
      second.close();
      Patience.until("the place is free", 60, () ->
          node.ask("GET", "/api/events/since?cursor=0", "", "Authorization: Bearer " + ACME).status() == 204
              && opens(node));
      assertThat(stream.line()).isNotEmpty();
    }
  }

  private static boolean opens(CloudNode node) throws Exception {
    try {
      node.webSocket(ACME, "").close();
      return true;
    } catch (java.io.IOException refused) {
      return false;
    }
  }

  @Test
  void roomThatDoesNotAnswerKeepsNobodyOutAndTheConnectionIsCountedHere() throws Exception {
    Vertx vertx = Vertx.vertx();
    Codecs.register(vertx.eventBus());
    Directory directory = Directory.alone("n1", new ShardMap(4, false));
    Turnstile turnstile = new Turnstile(
        new RoomCalls(vertx, directory), "cortex.n1.gateway.0", new Turnstile.Rule(0, true), () -> false);
    try {
      Runnable leave = turnstile.enter(List.of("acme"), 0).await(60, TimeUnit.SECONDS);
      assertThat(turnstile.of("acme")).isEqualTo(1);
      leave.run();
      assertThat(turnstile.of("acme")).isZero();

      MessageConsumer<Message> dumb = vertx.eventBus().localConsumer("cortex.n1.room");
      dumb.handler(question -> {
        // hears and says nothing
      });
      turnstile.enter(List.of("acme"), 0).await(60, TimeUnit.SECONDS);
      assertThat(turnstile.of("acme")).isEqualTo(1);
    } finally {
      vertx.close().await(60, TimeUnit.SECONDS);
    }
  }

  @Test
  void internalListenerThatIsBoundWiderAsksForTheScopeAdminOfEveryOrg() throws Exception {
    String own = "Authorization: Bearer " + UserToken.of("acme").scope("admin subscribe").text();
    String operator = "Authorization: Bearer an-operators-secret-of-this-test";
    String entry = "auth.service_tokens=name=ops;orgs=*;scopes=admin|subscribe;expires=2099-01-01T00:00:00Z;sha256="
        + "aa593ca15871d1d323106e5ac3edc2fc22ceb5d3cd9531814a63b1f41b66e1e2";
    try (CloudNode node = CloudNode.start(folder, "server.internal_host=0.0.0.0", entry)) {
      for (String target : List.of("/metrics", "/health", "/api/cluster", "/api/events/since?cursor=0&orgId=acme")) {
        assertThat(node.askInside(target).status()).as(target).isEqualTo(401);
        assertThat(node.askInside(target, "Authorization: Bearer " + ACME).status()).as(target).isEqualTo(403);
        assertThat(node.askInside(target, own).status()).as(target).isEqualTo(403);
        assertThat(node.askInside(target, operator).status()).as(target).isIn(200, 204);
      }
      assertThat(node.askInside("/console").status()).isEqualTo(200);
      assertThat(node.askInside("/livez").status()).isEqualTo(200);
    }
  }
}
