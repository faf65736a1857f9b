package dev.cortex.callback;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.Patience;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Targets that answer oddly, slowly, for ever or not at all: a request ends in time, and its connection with it. */
@Timeout(300)
final class PinnedHttpTest {

  private static final byte[] LOOPBACK = {127, 0, 0, 1};
  private static final String OK = "HTTP/1.1 200 OK\r\n";
  private static final int PATIENCE_S = 60;

  /** What a target does with a connection it took. */
  enum Target {
    SILENT("", ""),
    SILENT_TO_TLS("", ""),
    DRIBBLES_ITS_HEADERS(OK, "a"),
    DRIBBLES_ITS_BODY(OK + "content-length: 1000\r\n\r\n", "a"),
    SENDS_CHUNKS_FOR_EVER(OK + "transfer-encoding: chunked\r\n\r\n", "1\r\na\r\n"),
    SENDS_HEADERS_FOR_EVER(OK, "x: y\r\n"),
    CONTINUES_FOR_EVER("", "HTTP/1.1 100 Continue\r\n\r\n"),
    HINTS_FOR_EVER("", "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"),
    PROMISES_MORE_THAN_IT_SENDS(OK + "content-length: 1000\r\n\r\nabc", ""),
    TALKS_NO_HTTP("220 mail.example.com ESMTP\r\n", "220 more\r\n");

    private final String first;
    private final String then;

    Target(String first, String then) {
      this.first = first;
      this.then = then;
    }
  }

  private final Vertx vertx = Vertx.vertx();
  private final PinnedHttp http = new PinnedHttp(vertx, Optional.empty());
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger connections = new AtomicInteger();

  @AfterEach
  void close() throws TimeoutException {
    http.close().eventually(vertx::close).await(60, TimeUnit.SECONDS);
  }

  private int listen(Consumer<NetSocket> target) throws TimeoutException {
    NetServer server = vertx.createNetServer().connectHandler(socket -> {
      connections.incrementAndGet();
      open.incrementAndGet();
      socket.closeHandler(closed -> open.decrementAndGet());
      target.accept(socket);
    });
    return server.listen(0, "127.0.0.1").await(60, TimeUnit.SECONDS).actualPort();
  }

  private void play(Target target, NetSocket socket) {
    boolean[] asked = {false};
    socket.exceptionHandler(cut -> { });
    socket.handler(request -> {
      if (!asked[0] && !target.first.isEmpty()) {
        socket.write(target.first);
      }
      if (!asked[0] && !target.then.isEmpty()) {
        long timer = vertx.setPeriodic(20, tick -> socket.write(target.then));
        socket.endHandler(end -> vertx.cancelTimer(timer));
      }
      asked[0] = true;
    });
  }

  private Future<Connector.Reply> post(String url, byte[] body, long timeoutMs) {
    return http.post(CallbackAddress.parse(url, true), LOOPBACK, Map.of(), body, timeoutMs);
  }

  private Connector.Reply reply(int port) throws TimeoutException {
    return post("http://127.0.0.1:" + port + "/", new byte[10], 20_000).await(PATIENCE_S, TimeUnit.SECONDS);
  }

  private static void fails(Future<Connector.Reply> request) throws Exception {
    Patience.until("the request ended", PATIENCE_S, request::isComplete);
    assertThat(request.failed()).isTrue();
  }

  private void allClosed() throws Exception {
    Patience.until("its connection is closed", PATIENCE_S, () -> connections.get() > 0 && open.get() == 0);
  }

  @ParameterizedTest
  @EnumSource
  void requestEndsInTimeAndItsConnectionWithIt(Target target) throws Exception {
    int port = listen(socket -> play(target, socket));
    String scheme = target == Target.SILENT_TO_TLS ? "https" : "http";
    fails(post(scheme + "://127.0.0.1:" + port + "/", new byte[10], 1_000));
    allClosed();
  }

  @Test
  void moreIsNotReadThanAnAnswerMayHave() throws Exception {
    String block = "a".repeat(2_000);
    int port = listen(socket -> {
      socket.exceptionHandler(cut -> { });
      socket.handler(request -> {
        socket.write(OK + "transfer-encoding: chunked\r\n\r\n");
        long timer = vertx.setPeriodic(1, tick -> socket.write("7d0\r\n" + block + "\r\n"));
        socket.endHandler(end -> vertx.cancelTimer(timer));
      });
    });
    Connector.Reply reply = reply(port);
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.body()).isEmpty();
    allClosed();
  }

  @Test
  void targetThatNeverReadsHoldsNothing() throws Exception {
    int port = listen(NetSocket::pause);
    fails(post("http://127.0.0.1:" + port + "/", new byte[32 << 20], 500));
    http.close().await(PATIENCE_S, TimeUnit.SECONDS);
  }

  @Test
  void targetThatAnswersWithoutReadingHoldsNothing() throws Exception {
    int port = listen(socket -> {
      socket.pause();
      socket.write(OK + "content-length: 2\r\n\r\n{}");
    });
    Connector.Reply reply =
        post("http://127.0.0.1:" + port + "/", new byte[32 << 20], 20_000).await(PATIENCE_S, TimeUnit.SECONDS);
    assertThat(reply.status()).isEqualTo(200);
    http.close().await(PATIENCE_S, TimeUnit.SECONDS);
  }

  @Test
  void closingWaitsForNobody() throws Exception {
    int port = listen(NetSocket::pause);
    Future<Connector.Reply> request = post("http://127.0.0.1:" + port + "/", new byte[32 << 20], 3_600_000);
    Patience.until("it is connected", PATIENCE_S, () -> connections.get() == 1);
    http.close().await(PATIENCE_S, TimeUnit.SECONDS);
    fails(request);
  }

  @Test
  void redirectIsAnAnswerAndNothingMore() throws Exception {
    AtomicInteger elsewhere = new AtomicInteger();
    NetServer other = vertx.createNetServer().connectHandler(socket -> elsewhere.incrementAndGet());
    int otherPort = other.listen(0, "127.0.0.1").await(60, TimeUnit.SECONDS).actualPort();
    int port = listen(socket -> socket.handler(request -> socket.write(
        "HTTP/1.1 308 Permanent Redirect\r\nlocation: http://127.0.0.1:" + otherPort
            + "/\r\nalt-svc: h2=\":" + otherPort + "\"\r\ncontent-length: 2\r\n\r\n{}")));
    for (int i = 0; i < 3; i++) {
      assertThat(reply(port).status()).isEqualTo(308);
    }
    assertThat(elsewhere).hasValue(0);
  }
}
