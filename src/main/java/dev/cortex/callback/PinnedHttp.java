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
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.TrustOptions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Requests over connections to addresses that were chosen before: connections are kept and used again by address and
 * host together, so that no name leads anywhere else. No proxy, no redirects, little is read.
 */
final class PinnedHttp implements Connector {

  /** Most of an answer that is read, in bytes. */
  static final int ANSWER_MAX = 4 * 1024;

  private static final int CONNECT_MS = 3_000;
  private static final int KEEP_SECONDS = 30;
  /** Callbacks of one host do not wait for each other; how many requests there are is bounded elsewhere. */
  private static final int A_HOST_MAX = 1_000;

  private final Vertx vertx;
  private final HttpClient http;

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
    this.http = vertx.createHttpClient(options, new PoolOptions().setHttp1MaxSize(A_HOST_MAX));
  }

  @Override
  public Future<Reply> post(
      CallbackAddress to, byte[] address, Map<String, String> headers, byte[] body, long timeoutMs) {
    Promise<Reply> answer = Promise.promise();
    RequestOptions options = options(to, address);
    headers.forEach(options::putHeader);
    long timer = vertx.setTimer(Math.max(1, timeoutMs), late -> answer.tryFail(new TimeoutException("no answer")));
    http.request(options).onComplete(
        request -> {
          // late or too long: nothing more of it is of use, and its connection neither
          answer.future().onComplete(done -> {
            if (done.failed() || done.result().body().length == 0) {
              request.reset();
            }
          });
          if (!answer.future().isComplete()) {
            send(request, body, answer);
          }
        },
        answer::tryFail);
    return answer.future().onComplete(done -> vertx.cancelTimer(timer));
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

  private static void send(HttpClientRequest request, byte[] body, Promise<Reply> answer) {
    request.exceptionHandler(answer::tryFail);
    request.send(Buffer.buffer(body)).onComplete(response -> read(response, answer), answer::tryFail);
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

  /** Ends every connection. */
  Future<Void> close() {
    return http.close();
  }
}
