package dev.cortex.auth;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.io.IOException;
import java.net.URI;
import java.util.concurrent.TimeUnit;

/** Fetches an issuer's key set: one request, no redirects, bounded in time and size. */
final class JwksClient {

  private static final int BYTES_MAX = 256 * 1024;

  private final HttpClient http;
  private final String url;
  private final long timeoutMs;

  /** A client for that https or http URL; connecting and fetching may take the timeout each. */
  JwksClient(Vertx vertx, String url, long timeoutMs) {
    this.url = url;
    this.timeoutMs = timeoutMs;
    this.http =
        vertx.createHttpClient(
            new HttpClientOptions().setConnectTimeout((int) timeoutMs).setDecompressionSupported(false));
  }

  /** The key set's text; fails with an exception whose message says what was wrong. */
  Future<byte[]> fetch() {
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.GET)
            .setAbsoluteURI(url)
            .setFollowRedirects(false)
            .putHeader("Accept", "application/jwk-set+json, application/json");
    return http
        .request(options)
        .compose(request ->
            request
                .send()
                .compose(JwksClient::read)
                .timeout(timeoutMs, TimeUnit.MILLISECONDS)
                // nothing of a response that is refused or late is worth waiting for
                .onFailure(failure -> request.reset()))
        .timeout(2 * timeoutMs, TimeUnit.MILLISECONDS);
  }

  /** The host that is asked, for messages: a URL may carry credentials. */
  String host() {
    return URI.create(url).getHost();
  }

  private static Future<byte[]> read(HttpClientResponse response) {
    Promise<byte[]> whole = Promise.promise();
    response.exceptionHandler(whole::tryFail);
    if (response.statusCode() != 200) {
      whole.fail(new IOException("HTTP status " + response.statusCode()));
      return whole.future();
    }
    Buffer body = Buffer.buffer();
    response.handler(part -> {
      if (body.length() + part.length() > BYTES_MAX) {
        whole.tryFail(new IOException("more than " + BYTES_MAX + " bytes"));
      } else {
        body.appendBuffer(part);
      }
    });
    response.endHandler(end -> whole.tryComplete(body.getBytes()));
    return whole.future();
  }
}
