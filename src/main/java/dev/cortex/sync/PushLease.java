package dev.cortex.sync;

import dev.cortex.auth.WebhookSignature;
import dev.cortex.event.Desktop;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.URISyntaxException;
import java.security.SecureRandom;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The cloud's promise to push to this desktop: asked for when the sync begins, renewed at half of its time, given
 * back at the end. The secret it is signed with changes once a day.
 */
final class PushLease {

  /** What a lease lasts when the two wall clocks do not agree on it. */
  private static final long LEASE_MS = 600_000;
  private static final long LEASE_MS_MIN = 1_000;
  private static final long SECRET_MS = 86_400_000;
  /** After a refusal that only people can lift. */
  private static final int REFUSED_WAITS = 10;
  private static final String PATH = "/api/callbacks";

  /** Who has to know of it. */
  interface Owner {
    /** Pushes are promised until then. */
    void onLease(long nowMs, long untilMs);

    /** Pushes are promised no more. */
    void onLeaseLost();

    /**
     * The cloud answered as it should.
     *
     * @param back whether it did not before
     */
    void onReached(boolean back);
  }

  private final String url;
  private final Collection<String> orgs;
  private final BridgeWorld world;
  private final Supplier<Desktop> desktop;
  private final SecureRandom random;
  private final Trouble trouble;
  private final Owner owner;
  private final Secrets secrets = new Secrets();

  private Optional<String> id = Optional.empty();
  private long untilMs;
  private long heldMs = LEASE_MS;
  private boolean running;
  private boolean asking;
  private boolean again;
  private int failures;
  /** The last answer was none, so that the cloud's return changes something. */
  private boolean outage;
  private long wokenMs;
  private long dueMs;
  private long timer = -1;

  /**
   * No lease yet.
   *
   * @param url where the cloud is to push to; empty when it cannot
   */
  PushLease(
      String url,
      Collection<String> orgs,
      BridgeWorld world,
      Supplier<Desktop> desktop,
      SecureRandom random,
      Trouble trouble,
      Owner owner) {
    this.url = url.isEmpty() ? "" : target(url);
    this.orgs = orgs;
    this.world = world;
    this.desktop = desktop;
    this.random = random;
    this.trouble = trouble;
    this.owner = owner;
    this.wokenMs = world.nowMs() - world.timing().pollMinMs();
  }

  /** Where pushes go: without a path of its own, a callback URL means the door for them. */
  static String target(String url) {
    try {
      URI given = new URI(url);
      boolean bare = given.getRawPath() == null || given.getRawPath().isEmpty() || given.getRawPath().equals("/");
      if (!bare) {
        return url;
      }
      String query = given.getRawQuery() == null ? "" : "?" + given.getRawQuery();
      return given.getScheme() + "://" + given.getRawAuthority() + "/ingest" + query;
    } catch (URISyntaxException none) {
      // the cloud says what is wrong with it
      return url;
    }
  }

  /** Asks for it, at once; does nothing without a URL, or when it was begun. */
  void start() {
    if (!url.isEmpty() && !running) {
      running = true;
      register();
    }
  }

  /** Asks for it anew at a random moment within a time, because it may not hold. */
  void renewWithin(long ms) {
    if (running && !asking) {
      schedule((long) (ms * world.draw()));
    }
    again |= asking;
  }

  /**
   * The cloud answered something else: asks for it soon when it was not answered.
   *
   * @param back whether the cloud did not answer before: then what it refused may be otherwise, too
   */
  void toldElsewhere(boolean back) {
    long nowMs = world.nowMs();
    long soonMs = world.timing().soonMs(world.draw());
    boolean waits = running && !asking && failures > 0 && (outage || back) && dueMs > nowMs + soonMs;
    if (waits && nowMs - wokenMs >= world.timing().pollMinMs()) {
      wokenMs = nowMs;
      schedule(soonMs);
    }
  }

  /** The secrets with which a push may be signed. */
  List<String> secrets() {
    return secrets.believed(world.nowMs());
  }

  /** Gives it back; waits for the cloud as long as saying goodbye may take, and never fails. */
  Future<Void> stop() {
    running = false;
    cancel();
    Optional<String> mine = id;
    id = Optional.empty();
    return mine.isEmpty()
        ? Future.succeededFuture()
        : world.cloud()
            .send(world.cloud().small(HttpMethod.DELETE, PATH + "/" + mine.get(), desktop.get(), Buffer.buffer()))
            .timeout(world.timing().stopMs(), TimeUnit.MILLISECONDS)
            .<Void>mapEmpty()
            // it ends by itself
            .otherwiseEmpty();
  }

  /** How it stands, for people. */
  JsonObject status() {
    long leftMs = id.isPresent() ? Math.max(0, untilMs - world.nowMs()) : 0;
    return new JsonObject()
        .put("url", url.isEmpty() ? null : url)
        .put("registered", leftMs > 0)
        .put("leaseMs", leftMs)
        .put("nextTryMs", timer < 0 ? null : Math.max(0, dueMs - world.nowMs()))
        .put("lastError", trouble.last().isEmpty() ? null : trouble.last());
  }

  /** What is wrong with it; empty when nothing is. */
  String trouble() {
    return trouble.last();
  }

  private void register() {
    asking = true;
    long nowMs = world.nowMs();
    if (secrets.present(nowMs, SECRET_MS).isEmpty()) {
      secrets.replace(WebhookSignature.newSecret(random), nowMs, heldMs);
    }
    String secret = secrets.present(nowMs, SECRET_MS).orElseThrow();
    JsonObject body =
        new JsonObject().put("url", url).put("orgs", new JsonArray(List.copyOf(orgs))).put("secret", secret);
    world.cloud()
        .send(world.cloud().small(HttpMethod.POST, PATH, desktop.get(), body.toBuffer()))
        .onSuccess(answer -> {
          asking = false;
          if (running) {
            answered(answer);
          }
        });
  }

  private void answered(CloudAnswer answer) {
    long nowMs = world.nowMs();
    Optional<JsonObject> lease = answer instanceof CloudAnswer.Ok ok ? lease(ok.body()) : Optional.empty();
    if (lease.isPresent()) {
      boolean back = failures > 0;
      failures = 0;
      trouble.over();
      id = Optional.of(lease.get().getString("id"));
      heldMs = heldMs(lease.get().getLong("leaseUntil"));
      untilMs = nowMs + heldMs;
      owner.onLease(nowMs, untilMs);
      schedule(again ? 1 : Timing.spread(heldMs / 2, world.draw()));
      again = false;
      owner.onReached(back);
      return;
    }
    failures++;
    outage = answer.isOutage() && !(answer instanceof CloudAnswer.Failed failed && failed.retryAfterMs() > 0);
    trouble.failed(answer.trouble().isEmpty() ? "the answer names no lease" : answer.trouble());
    if (nowMs >= untilMs) {
      owner.onLeaseLost();
    }
    boolean refused = !answer.isOutage() && !(answer instanceof CloudAnswer.Throttled);
    long waitMs = answer instanceof CloudAnswer.Throttled throttled ? throttled.retryAfterMs() : 0;
    schedule(refused
        ? Timing.spread(REFUSED_WAITS * world.timing().pollMaxMs(), world.draw())
        : Math.max(waitMs, world.timing().backoff().delayMs(failures, world.draw())));
  }

  private static Optional<JsonObject> lease(byte[] body) {
    try {
      JsonObject lease = new JsonObject(Buffer.buffer(body));
      boolean whole = lease.getValue("id") instanceof String id && id.matches("[A-Za-z0-9._~-]{1,128}")
          && lease.getValue("leaseUntil") instanceof Number;
      return whole ? Optional.of(lease) : Optional.empty();
    } catch (DecodeException noJson) {
      return Optional.empty();
    }
  }

  /** How long it lasts by this clock; the cloud's may be another. */
  private long heldMs(long untilWallMs) {
    long leftMs = untilWallMs - world.clock().wallMs();
    return leftMs >= LEASE_MS_MIN && leftMs <= LEASE_MS ? leftMs : LEASE_MS;
  }

  private void schedule(long ms) {
    cancel();
    dueMs = world.nowMs() + ms;
    timer = world.vertx().setTimer(Math.max(1, ms), fired -> {
      timer = -1;
      register();
    });
  }

  private void cancel() {
    if (timer >= 0) {
      world.vertx().cancelTimer(timer);
      timer = -1;
    }
  }
}
