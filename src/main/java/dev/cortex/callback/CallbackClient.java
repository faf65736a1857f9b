package dev.cortex.callback;

import dev.cortex.auth.WebhookSignature;
import dev.cortex.base.Clock;
import dev.cortex.callback.Connector.Reply;
import dev.cortex.event.RefusedException;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Signed requests to callbacks. Each one looks the host up anew, checks every address it has, and connects to one of
 * those that were checked and to nothing else.
 */
final class CallbackClient {

  /** How long a request may take, look-up and answer included. */
  static final long TIMEOUT_MS = 10_000;

  private final Vertx vertx;
  private final HostLookup lookup;
  private final Connector connector;
  private final boolean allowPrivate;
  private final Metrics metrics;
  private final Clock clock;
  private final long timeoutMs;

  /**
   * A client that connects to nothing yet.
   *
   * @param allowPrivate whether callbacks may be in private networks and use http
   * @param timeoutMs how long a request may take, at least 1
   */
  CallbackClient(
      Vertx vertx,
      HostLookup lookup,
      Connector connector,
      boolean allowPrivate,
      Metrics metrics,
      Clock clock,
      long timeoutMs) {
    this.vertx = vertx;
    this.lookup = lookup;
    this.connector = connector;
    this.allowPrivate = allowPrivate;
    this.metrics = metrics;
    this.clock = clock;
    this.timeoutMs = timeoutMs;
  }

  /**
   * Posts a signed body. Fails with {@link RefusedException} when the URL may not be used now, which nobody was
   * connected to then, and with something else when there was no answer.
   *
   * @param secrets each signs
   * @param id names what is sent, the same when it is sent again
   * @param doubtful whether this callback has lately led to nothing
   */
  Future<Reply> post(String url, List<String> secrets, String id, byte[] body, boolean doubtful) {
    long deadlineNs = clock.monotonicNs() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
    // composed, so that a refusal is a failed future
    return Future.succeededFuture()
        .map(go -> CallbackAddress.parse(url, allowPrivate))
        .compose(to -> addresses(to, doubtful)
            .map(found -> CallbackAddress.checked(found, allowPrivate))
            .compose(checked -> send(to, checked, secrets, id, body, deadlineNs)))
        .onFailure(failure -> {
          if (failure instanceof RefusedException) {
            metrics.callbackAddressRefused();
          }
        });
  }

  private Future<List<byte[]>> addresses(CallbackAddress to, boolean doubtful) {
    if (to.literal().isPresent()) {
      return Future.succeededFuture(List.of(to.literal().get()));
    }
    Promise<List<byte[]>> found = Promise.promise();
    long timer = vertx.setTimer(timeoutMs, late -> found.tryFail(new TimeoutException("no address")));
    lookup.addresses(to.host(), doubtful).onComplete(found::tryComplete, found::tryFail);
    return found.future().onComplete(done -> vertx.cancelTimer(timer));
  }

  private Future<Reply> send(
      CallbackAddress to, List<byte[]> addresses, List<String> secrets, String id, byte[] body, long deadlineNs) {
    long seconds = TimeUnit.MILLISECONDS.toSeconds(clock.wallMs());
    Map<String, String> headers = Map.of(
        WebhookSignature.ID, id,
        WebhookSignature.TIMESTAMP, Long.toString(seconds),
        WebhookSignature.SIGNATURE, WebhookSignature.sign(secrets, id, seconds, body));
    List<byte[]> ordered = new ArrayList<>(addresses);
    // most desktops behind a tunnel have both; where a network has one only, it is this one
    ordered.sort(Comparator.comparingInt(address -> address.length));
    return connect(to, ordered, headers, body, deadlineNs);
  }

  /** Sends it to the first address that can be connected to: where nothing was sent yet, the next one is as good. */
  private Future<Reply> connect(
      CallbackAddress to, List<byte[]> addresses, Map<String, String> headers, byte[] body, long deadlineNs) {
    long leftMs = TimeUnit.NANOSECONDS.toMillis(deadlineNs - clock.monotonicNs());
    if (leftMs <= 0) {
      return Future.failedFuture(new TimeoutException("no time left"));
    }
    List<byte[]> others = addresses.subList(1, addresses.size());
    return connector.post(to, addresses.get(0), headers, body, leftMs).recover(failure ->
        !others.isEmpty() && isUnreachable(failure)
            ? connect(to, others, headers, body, deadlineNs)
            : Future.failedFuture(failure));
  }

  private static boolean isUnreachable(Throwable failure) {
    return failure instanceof ConnectException || failure instanceof NoRouteToHostException;
  }
}
