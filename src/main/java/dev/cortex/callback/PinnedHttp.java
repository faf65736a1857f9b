package dev.cortex.callback;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.impl.HttpClientConnectionInternal;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.TrustOptions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Requests over connections to addresses that were chosen before: connections are kept and used again by address and
 * host together, so that no name leads anywhere else. No proxy, no redirects, little is read.
 */
final class PinnedHttp implements Connector {

  private static final Logger LOG = LoggerFactory.getLogger(PinnedHttp.class);

  /** Most of an answer that is read, in bytes. */
  static final int ANSWER_MAX = 4 * 1024;

  private static final int CONNECT_MS = 3_000;
  private static final int KEEP_SECONDS = 30;
  /** Callbacks of one host do not wait for each other; how many requests there are is bounded elsewhere. */
  private static final int A_HOST_MAX = 1_000;

  private final Vertx vertx;
  private final HttpClient http;
  private final Set<Promise<Reply>> underWay = ConcurrentHashMap.newKeySet();

  /**
   * Requests from the event loop of whoever asks.
   *
   * @param trust whose certificates are believed; empty for those that Java believes
   */
  PinnedHttp(Vertx vertx, Optional<TrustOptions> trust) {
    HttpClientOptions options = new HttpClientOptions()
        .setConnectTimeout(CONNECT_MS)
        .setSslHandshakeTimeout(CONNECT_MS)
        .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
        .setVerifyHost(true)
        .setKeepAliveTimeout(KEEP_SECONDS)
        .setDecompressionSupported(false);
    trust.ifPresent(options::setTrustOptions);
    this.vertx = vertx;
    this.http = vertx.httpClientBuilder()
        .with(options)
        .with(new PoolOptions().setHttp1MaxSize(A_HOST_MAX))
        // its request fails of it, too; without this whoever talks nonsense would write to the log
        .withConnectHandler(connection -> connection.exceptionHandler(
            failure -> LOG.debug("a callback's connection failed: " + failure.getMessage())))
        .build();
  }

  @Override
  public Future<Reply> post(
      CallbackAddress to, byte[] address, Map<String, String> headers, byte[] body, long timeoutMs) {
    Promise<Reply> answer = Promise.promise();
    RequestOptions options = options(to, address);
    headers.forEach(options::putHeader);
    long timer = vertx.setTimer(Math.max(1, timeoutMs), late -> answer.tryFail(new TimeoutException("no answer")));
    underWay.add(answer);
    http.request(options).onComplete(request -> send(request, body, answer), answer::tryFail);
    return answer.future().onComplete(done -> {
      vertx.cancelTimer(timer);
      underWay.remove(answer);
    });
  }

  private static void send(HttpClientRequest request, byte[] body, Promise<Reply> answer) {
    if (answer.future().isComplete()) {
      cut(request);
      return;
    }
    request.exceptionHandler(answer::tryFail);
    request.response().onComplete(response -> read(response, answer), answer::tryFail);
    Future<Void> written = request.end(Buffer.buffer(body));
    answer.future().onComplete(done -> {
      // late, too long, or said before all was heard: nothing more of it is of use, and its connection neither
      if (done.failed() || done.result().body().length == 0 || !written.succeeded()) {
        cut(request);
      }
    });
  }

  /** Closes a connection now: Vert.x waits until all was written, which whoever never reads can put off for ever. */
  private static void cut(HttpClientRequest request) {
    request.reset();
    if (request.connection() instanceof HttpClientConnectionInternal connection) {
      connection.channelHandlerContext().close();
    }
  }

  private static RequestOptions options(CallbackAddress to, byte[] address) {
    try {
      InetAddress numeric = InetAddress.getByAddress(address);
      RequestOptions options = new RequestOptions()
          .setMethod(HttpMethod.POST)
          .setServer(SocketAddress.inetSocketAddress(new InetSocketAddress(numeric, to.port())))
          .setHost(to.host())
          .setPort(to.port())
          .setSsl(to.tls())
          .setURI(to.target())
          .setFollowRedirects(false)
          .putHeader(HttpHeaders.CONTENT_TYPE, "application/json");
      return to.host().indexOf(':') < 0
          ? options
          : options.putHeader(HttpHeaders.HOST, '[' + to.host() + "]:" + to.port());
    } catch (UnknownHostException impossible) {
      throw new IllegalArgumentException("no address of " + address.length + " bytes", impossible);
    }
  }

  private static void read(HttpClientResponse response, Promise<Reply> answer) {
    Buffer whole = Buffer.buffer();
    response.exceptionHandler(answer::tryFail);
    response.handler(part -> {
      if (whole.length() + part.length() > ANSWER_MAX) {
        answer.tryComplete(new Reply(response.statusCode(), new byte[0]));
      } else {
        whole.appendBuffer(part);
      }
    });
    response.endHandler(end -> answer.tryComplete(new Reply(response.statusCode(), whole.getBytes())));
  }

  /** Ends every connection, and what is under way on it. */
  Future<Void> close() {
    List.copyOf(underWay).forEach(answer -> answer.tryFail(new ClosedChannelException()));
    return http.close();
  }
}
