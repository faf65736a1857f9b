package dev.cortex.callback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cortex.base.Clock;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.ConnectException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who is connected to, whatever a resolver answers. */
@Timeout(120)
final class CallbackClientTest {

  private static final String SECRET = "whsec_" + "AAAA".repeat(8);
  private static final String URL = "https://desk.example.com/";

  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void close() throws TimeoutException {
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  private static byte[] bytes(String address) {
    return CallbackAddressTest.bytes(address);
  }

  private static boolean posts(CallbackClient client, String url) {
    try {
      client.post(url, List.of(SECRET), "p", new byte[0], false).await(10, TimeUnit.SECONDS);
      return true;
    } catch (RefusedException refused) {
      assertThat(refused.code()).isEqualTo(ErrorCode.CALLBACK_REFUSED);
      return false;
    } catch (TimeoutException late) {
      throw new AssertionError(url, late);
    }
  }

  @Test
  void nobodyConnectsToAnAddressThatIsNotPublic() throws Exception {
    CountingConnector connector = new CountingConnector();
    List<byte[]> answer = new ArrayList<>();
    HostLookup lookup = (name, doubtful) -> Future.succeededFuture(List.copyOf(answer));
    CallbackClient client =
        new CallbackClient(vertx, lookup, connector, false, new Metrics(), Clock.SYSTEM, 5_000);
    for (String url : CallbackAddressTest.URLS_NEVER) {
      assertThat(posts(client, url)).as(url).isFalse();
    }
    for (String url : CallbackAddressTest.URLS_PRIVATE) {
      assertThat(posts(client, url)).as(url).isFalse();
    }
    List<String> forbidden = new ArrayList<>(CallbackAddressTest.ADDRESSES_NEVER);
    forbidden.addAll(CallbackAddressTest.ADDRESSES_PRIVATE);
    for (String address : forbidden) {
      for (List<String> all : List.of(
          List.of(address), List.of("8.8.8.8", address), List.of(address, "2606:4700::1", "8.8.8.8"))) {
        answer.clear();
        all.forEach(one -> answer.add(bytes(one)));
        assertThat(posts(client, "https://desk.example.com/")).as(all.toString()).isFalse();
      }
    }
    answer.clear();
    assertThat(posts(client, "https://desk.example.com/")).isFalse();
    assertThat(connector.connected()).isEmpty();
    answer.add(bytes("2606:4700::1"));
    answer.add(bytes("8.8.8.8"));
    assertThat(posts(client, "https://desk.example.com/")).isTrue();
    assertThat(connector.connected()).hasSize(1);
    assertThat(connector.connected().get(0)).isEqualTo(bytes("8.8.8.8"));
  }

  @Test
  void nameThatLeadsElsewhereNextTimeIsNotConnectedTo() throws Exception {
    CountingConnector connector = new CountingConnector();
    AtomicInteger asked = new AtomicInteger();
    HostLookup changing = (name, doubtful) -> Future.succeededFuture(
        List.of(bytes(asked.getAndIncrement() == 0 ? "8.8.8.8" : "127.0.0.1")));
    Metrics metrics = new Metrics();
    CallbackClient client =
        new CallbackClient(vertx, changing, connector, false, metrics, Clock.SYSTEM, 5_000);
    assertThat(posts(client, "https://desk.example.com/")).isTrue();
    for (int i = 0; i < 10; i++) {
      assertThat(posts(client, "https://desk.example.com/")).isFalse();
    }
    assertThat(connector.connected()).hasSize(1);
    assertThat(asked).hasValue(11);
    assertThat(metrics.scrape()).contains("cortex_callback_refused_addresses_total 10.0");
  }

  private CallbackClient client(Connector connector, String... addresses) {
    List<byte[]> found = new ArrayList<>();
    for (String address : addresses) {
      found.add(bytes(address));
    }
    HostLookup lookup = (name, doubtful) -> Future.succeededFuture(found);
    return new CallbackClient(vertx, lookup, connector, false, new Metrics(), Clock.SYSTEM, 30_000);
  }

  @Test
  void nextAddressIsTriedWhereNobodyCanBeReached() throws Exception {
    Iterator<Future<Connector.Reply>> answers = List.<Future<Connector.Reply>>of(
        Future.failedFuture(new ConnectException("refused")),
        Future.succeededFuture(new Connector.Reply(200, new byte[0]))).iterator();
    CountingConnector connector = new CountingConnector(body -> answers.next());
    assertThat(posts(client(connector, "2606:4700::1", "8.8.8.8", "8.8.4.4"), URL)).isTrue();
    assertThat(connector.connected()).containsExactly(bytes("8.8.8.8"), bytes("8.8.4.4"));
  }

  @Test
  void whatMayHaveBeenSentIsSentNowhereElse() {
    CountingConnector connector = new CountingConnector(body -> Future.failedFuture(new IOException("reset")));
    CallbackClient client = client(connector, "8.8.8.8", "8.8.4.4");
    assertThatThrownBy(() -> client.post(URL, List.of(SECRET), "p", new byte[0], false).await(10, TimeUnit.SECONDS))
        .hasMessage("reset");
    assertThat(connector.connected()).hasSize(1);
  }
}
