package dev.cortex.auth;

import dev.cortex.base.Clock;
import dev.cortex.config.ConfigException;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Keeps the key ring up to date with what the issuer publishes. Fetches are made one at a time on one context, however
 * many ask; the ring may be read from anywhere.
 */
final class KeySource {

  /**
   * How often keys are fetched and how long they last, in ms.
   *
   * @param refreshMs age at which keys are fetched again
   * @param hurryMs least time between the beginnings of two fetches that unknown keys cause
   * @param retryMs time between attempts while the keys are too old, and between those of the start
   * @param startMs how long the first fetch is tried
   * @param keepMs how long the last good keys are used while the issuer does not answer
   * @param timeoutMs of one fetch
   */
  record Timing(long refreshMs, long hurryMs, long retryMs, long startMs, long keepMs, long timeoutMs) {

    static final Timing NORMAL = new Timing(600_000, 10_000, 30_000, 10_000, 24 * 3_600_000L, 5_000);
  }

  private static final Logger LOG = LoggerFactory.getLogger(KeySource.class);
  private static final long START_PAUSE_MS = 500;

  /** More than these do not wait for one fetch: they are answered by the keys there are. */
  private static final int WAITING_MAX = 1_000;

  private final Vertx vertx;
  private final Context context;
  private final JwksClient client;
  private final Timing timing;
  private final Clock clock;
  private final AtomicInteger waiting = new AtomicInteger();
  private volatile KeyRing keys;
  private volatile long fetchedNs;
  private volatile long hurryFromNs;
  private volatile boolean fetching;
  private byte[] text = new byte[0];
  private Future<Void> underWay = Future.succeededFuture();
  private boolean failing;

  private KeySource(Vertx vertx, String url, KeyRing secretOnly, Timing timing, Clock clock) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.client = new JwksClient(vertx, url, timing.timeoutMs());
    this.keys = secretOnly;
    this.timing = timing;
    this.clock = clock;
  }

  /**
   * Opens a source: the first keys have arrived when the future completes, and it fails with a {@link ConfigException}
   * when they do not in time.
   *
   * @param url of a JSON Web Key Set
   * @param secretOnly the ring to which published keys are added
   */
  static Future<KeySource> open(Vertx vertx, String url, KeyRing secretOnly, Timing timing, Clock clock) {
    KeySource source = new KeySource(vertx, url, secretOnly, timing, clock);
    Promise<KeySource> opened = Promise.promise();
    source.context.runOnContext(go -> source.first(clock.monotonicNs()).map(source).onComplete(opened));
    return opened.future();
  }

  /** The keys there are. */
  KeyRing keys() {
    return keys;
  }

  /** Whether the keys are too old to be trusted, because the issuer has not answered for long. */
  boolean isStale() {
    return sinceMs(fetchedNs) > timing.keepMs();
  }

  /**
   * The keys after a fetch, for a token whose key is unknown: at once when the last such fetch was a moment ago or too
   * many wait for this one. Completes in the caller's context.
   */
  Future<KeyRing> refreshed() {
    boolean early = !fetching && clock.monotonicNs() - hurryFromNs < 0;
    if (early || waiting.incrementAndGet() > WAITING_MAX) {
      if (!early) {
        waiting.decrementAndGet();
      }
      return Future.succeededFuture(keys);
    }
    Context caller = vertx.getOrCreateContext();
    Promise<KeyRing> promise = Promise.promise();
    context.runOnContext(go ->
        hurry().onComplete(done -> {
          waiting.decrementAndGet();
          caller.runOnContext(back -> promise.complete(keys));
        }));
    return promise.future();
  }

  private Future<Void> first(long begunNs) {
    return fetch()
        .onSuccess(done -> vertx.setPeriodic(timing.retryMs(), tick -> refreshWhenDue()))
        .recover(failure ->
            sinceMs(begunNs) < timing.startMs()
                ? vertx.timer(START_PAUSE_MS, TimeUnit.MILLISECONDS).compose(again -> first(begunNs))
                : Future.failedFuture(
                    new ConfigException(
                        "auth.jwks_url: no keys from " + client.host() + ": " + reason(failure))));
  }

  private void refreshWhenDue() {
    if (sinceMs(fetchedNs) >= timing.refreshMs()) {
      fetch();
    }
  }

  private Future<Void> hurry() {
    return !fetching && clock.monotonicNs() - hurryFromNs < 0 ? Future.succeededFuture() : fetch();
  }

  private Future<Void> fetch() {
    if (fetching) {
      return underWay;
    }
    fetching = true;
    hurryFromNs = clock.monotonicNs() + TimeUnit.MILLISECONDS.toNanos(timing.hurryMs());
    underWay = client.fetch().compose(this::take).onComplete(done -> {
      fetching = false;
      if (done.failed() && !failing) {
        LOG.warn("auth.jwks_url: no keys from " + client.host() + ": " + reason(done.cause()));
      } else if (done.succeeded() && failing) {
        LOG.info("auth.jwks_url: keys arrive again from " + client.host());
      }
      failing = done.failed();
    });
    return underWay;
  }

  private Future<Void> take(byte[] fetched) {
    try {
      // the same text keeps the same ring, and with it what it verified
      if (!Arrays.equals(fetched, text)) {
        keys = keys.withPublished(fetched);
        text = fetched;
      }
      fetchedNs = clock.monotonicNs();
      return Future.succeededFuture();
    } catch (IOException e) {
      return Future.failedFuture(e);
    }
  }

  /** What went wrong first: a failed handshake says why only beneath. */
  private static String reason(Throwable failure) {
    Throwable first = failure;
    while (first.getCause() != null) {
      first = first.getCause();
    }
    return first.getMessage() == null ? first.getClass().getSimpleName() : first.getMessage();
  }

  private long sinceMs(long thenNs) {
    return TimeUnit.NANOSECONDS.toMillis(clock.monotonicNs() - thenNs);
  }
}
