package dev.cortex.sync;

import dev.cortex.event.Desktop;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Requests of a desktop to its cloud: every one bounded in time and in the size of its answer, none redirected. A
 * request never fails, it is answered by a {@link CloudAnswer}. Its connections can be thrown away: after a sleep, or
 * a time-out, they may be open on this side only.
 */
final class CloudClient {

  /** Header that names the desktop. */
  static final String DESKTOP = "Cortex-Desktop";

  /** Header with the number of the first event of a batch. */
  static final String OUTBOX_FIRST = "Cortex-Outbox-First";

  /** Bytes of an answer that holds no events. */
  static final int ANSWER_BYTES_MAX = 2 << 20;

  private static final Logger LOG = LoggerFactory.getLogger(CloudClient.class);
  private static final String JSON = "application/json";

  /** An answer is longer than what is read of it. */
  private static final class TooLongException extends IOException {

    private static final long serialVersionUID = 1;

    private TooLongException(long bytesMax) {
      super("an answer of more than " + bytesMax + " bytes");
    }
  }

  private final Vertx vertx;
  private final String base;
  private final String token;
  private final Timing timing;
  private final int connectionsMax;
  private HttpClient http;

  /**
   * A client of one cloud.
   *
   * @param url the cloud's address, without a path or with one that all paths go beneath
   * @param token bearer token, empty for none
   * @param orgs how many orgs use it at the same time
   */
  CloudClient(Vertx vertx, String url, String token, int orgs, Timing timing) {
    this.vertx = vertx;
    this.base = url.replaceAll("/+$", "");
    this.token = token;
    this.timing = timing;
    // an org has a poll and a batch under way, and a question now and then
    this.connectionsMax = 3 * Math.max(1, orgs) + 2;
    this.http = open();
  }

  /**
   * One request.
   *
   * @param path path and query, encoded
   * @param desktop in whose name, as {@link #DESKTOP}
   * @param headers others than those every request has
   * @param body JSON; empty for a request without a body
   * @param expected the kind of answer
   * @param answerBytesMax the largest answer that is read
   * @param timeoutMs from the connection to the end of the answer
   */
  record Ask(
      HttpMethod method,
      String path,
      Desktop desktop,
      Map<String, String> headers,
      Buffer body,
      HttpReply.Expected expected,
      long answerBytesMax,
      long timeoutMs) {}

  /** A question without a body for a small answer. */
  Ask get(String path, Desktop desktop) {
    return small(HttpMethod.GET, path, desktop, Buffer.buffer());
  }

  /** A request with a small answer. */
  Ask small(HttpMethod method, String path, Desktop desktop, Buffer body) {
    return new Ask(
        method, path, desktop, Map.of(), body, HttpReply.Expected.JSON, ANSWER_BYTES_MAX, timing.requestMs());
  }

  /** Sends a request; never fails. */
  Future<CloudAnswer> send(Ask ask) {
    HttpClient used = http;
    RequestOptions options =
        new RequestOptions()
            .setMethod(ask.method())
            .setAbsoluteURI(base + ask.path())
            .setFollowRedirects(false)
            .setConnectTimeout(timing.connectMs())
            .putHeader("Accept", JSON + ", application/problem+json")
            .putHeader(DESKTOP, ask.desktop().text());
    if (!token.isEmpty()) {
      options.putHeader("Authorization", "Bearer " + token);
    }
    ask.headers().forEach(options::putHeader);
    if (ask.body().length() > 0) {
      options.putHeader("Content-Type", JSON);
    }
    return used
        .request(options)
        .timeout(timing.connectMs() + timing.slackMs(), TimeUnit.MILLISECONDS)
        .recover(failure -> Future.failedFuture(
            failure instanceof TimeoutException ? new ConnectTrouble.LateException() : failure))
        .compose(request -> exchange(request, ask))
        .map(reply -> reply.read(ask.expected()))
        .recover(failure -> {
          CloudAnswer.Silence silence = silence(failure);
          if (silence == CloudAnswer.Silence.LATE) {
            renew(used, false);
          }
          return Future.succeededFuture(new CloudAnswer.Failed(words(failure), 0, silence));
        });
  }

  private static CloudAnswer.Silence silence(Throwable failure) {
    if (failure instanceof TimeoutException) {
      return CloudAnswer.Silence.LATE;
    }
    return failure instanceof TooLongException ? CloudAnswer.Silence.TOO_LONG : CloudAnswer.Silence.LOST;
  }

  /** Throws every connection away; what is under way fails. */
  void renew() {
    renew(http, true);
  }

  /** Ends every request. */
  Future<Void> close() {
    return http.close();
  }

  private void renew(HttpClient old, boolean atOnce) {
    if (old != http) {
      return;
    }
    http = open();
    // another request on an old connection may still be answered
    Future<Void> gone =
        atOnce ? old.close() : old.shutdown(timing.heldMs(), TimeUnit.MILLISECONDS);
    gone.onFailure(failure -> LOG.warn("connections to the cloud could not be closed", failure));
  }

  private HttpClient open() {
    HttpClientOptions options =
        new HttpClientOptions()
            .setConnectTimeout((int) timing.connectMs())
            .setDecompressionSupported(false)
            .setTcpKeepAlive(true);
    PoolOptions pool = new PoolOptions().setHttp1MaxSize(connectionsMax).setMaxWaitQueueSize(connectionsMax);
    return vertx.httpClientBuilder().with(options).with(pool).build();
  }

  private static Future<HttpReply> exchange(HttpClientRequest request, Ask ask) {
    Future<HttpClientResponse> head = ask.body().length() == 0 ? request.send() : request.send(ask.body());
    return head
        .compose(response -> read(response, ask.answerBytesMax()))
        .timeout(ask.timeoutMs(), TimeUnit.MILLISECONDS)
        // nothing of an answer that is too long or too late is worth waiting for
        .onFailure(failure -> request.reset());
  }

  private static Future<HttpReply> read(HttpClientResponse response, long bytesMax) {
    Promise<HttpReply> whole = Promise.promise();
    Buffer body = Buffer.buffer();
    response.exceptionHandler(whole::tryFail);
    response.handler(part -> {
      if (whole.future().isComplete()) {
        return;
      }
      if (body.length() + part.length() > bytesMax) {
        whole.fail(new TooLongException(bytesMax));
      } else {
        body.appendBuffer(part);
      }
    });
    response.endHandler(end -> whole.tryComplete(
        new HttpReply(
            response.statusCode(),
            header(response, "Content-Type"),
            header(response, "Cortex-Cursor"),
            header(response, "Cortex-Next-Poll-After-Ms"),
            header(response, "Retry-After"),
            body.getBytes())));
    return whole.future();
  }

  private static String header(HttpClientResponse response, String name) {
    return Optional.ofNullable(response.getHeader(name)).orElse("");
  }

  private String words(Throwable failure) {
    Optional<String> connect = ConnectTrouble.words(failure, base);
    if (connect.isPresent()) {
      return connect.get();
    }
    if (failure instanceof TimeoutException) {
      return "no answer in time";
    }
    String message = Optional.ofNullable(failure.getMessage()).orElse("");
    String plain = message.isEmpty() ? failure.getClass().getSimpleName() : Fields.line(message, 200);
    return TlsTrouble.words(failure).orElse(plain);
  }
}
