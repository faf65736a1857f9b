package dev.cortex.callback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cortex.base.Backoff;
import dev.cortex.base.Clock;
import dev.cortex.bus.Addresses;
import dev.cortex.bus.Codecs;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Message.Answer;
import dev.cortex.bus.Message.RegisterCallback;
import dev.cortex.bus.Requests;
import dev.cortex.bus.RoomCalls;
import dev.cortex.bus.ShardMap;
import dev.cortex.event.Desktop;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Principal;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Scope;
import dev.cortex.ops.Metrics;
import dev.cortex.store.Database;
import dev.cortex.testing.Patience;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.TrustOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** What tests of callbacks stand on: a registry, desktops over real HTTP, and rooms that a test plays. */
abstract class CallbackBed {

  static final String ONE = "whsec_" + "AAAA".repeat(8);
  static final String TWO = "whsec_" + "BBBB".repeat(8);
  static final ShardMap SHARDS = new ShardMap(4, false);
  private static final int PATIENCE_S = 60;
  static final Function<Vertx, HostLookup> SYSTEM = SystemLookup::new;

  @TempDir Path folder;

  final Metrics metrics = new Metrics();
  final FakeRoom.Log log = new FakeRoom.Log();
  /** How long a callback may take; tests of those that hang have less patience. */
  long timeoutMs = 30_000;
  /** How often somebody looks after ended leases. */
  long expireMs = 100;
  /** How far the clock of the verticle is ahead of this machine's. */
  volatile long aheadMs;
  final Clock clock = new Clock() {
    @Override
    public long wallMs() {
      return Clock.SYSTEM.wallMs() + aheadMs;
    }

    @Override
    public long monotonicNs() {
      return Clock.SYSTEM.monotonicNs();
    }
  };
  Vertx vertx;
  Context loop;
  Database database;
  CallbackRegistry registry;

  @BeforeEach
  void start() throws TimeoutException {
    vertx = Vertx.vertx();
    loop = vertx.getOrCreateContext();
    Codecs.register(vertx.eventBus());
    database = await(Database.open(vertx, folder.resolve("c.db"), 1_000));
    await(database.warm());
    registry = new CallbackRegistry(database, SHARDS, Clock.SYSTEM);
  }

  @AfterEach
  void close() throws TimeoutException {
    List<Future<Void>> undeployed = vertx.deploymentIDs().stream().map(vertx::undeploy).toList();
    await(Future.join(undeployed).eventually(database::close).eventually(vertx::close));
  }

  static <T> T await(Future<T> future) throws TimeoutException {
    return future.await(PATIENCE_S, TimeUnit.SECONDS);
  }

  CallbackVerticle deploy(
      Directory directory, boolean allowPrivate, Function<Vertx, HostLookup> lookup, Optional<TrustOptions> trust)
      throws TimeoutException {
    CallbackVerticle verticle = new CallbackVerticle(
        allowPrivate, registry, metrics, clock, directory,
        new CallbackVerticle.Ways(
            100, expireMs, timeoutMs, new Backoff(10, 40), new Backoff(50, 100), 60, lookup, trust));
    await(vertx.deployVerticle(verticle));
    return verticle;
  }

  FakeRoom alone() throws TimeoutException {
    FakeRoom room = new FakeRoom(vertx, "n1", log, 1);
    deploy(Directory.alone("n1", SHARDS), true, SYSTEM, Optional.empty());
    return room;
  }

  static Principal user(String name, String... orgs) {
    return new Principal(
        name, false, Set.of(orgs), Set.of(Scope.SUBSCRIBE), List.of(), System.currentTimeMillis() + 3_600_000);
  }

  Answer register(Principal principal, Desktop desktop, String url, String secret, String... orgs)
      throws TimeoutException {
    JsonObject body =
        new JsonObject().put("url", url).put("secret", secret).put("orgs", new JsonArray(List.of(orgs)));
    return await(Requests.ask(
        vertx.eventBus(), Addresses.CALLBACKS,
        new RegisterCallback(principal, desktop, body.encode().getBytes()), Answer.class, 60_000));
  }

  static Desktop desktop(String install) {
    return new Desktop(install, "inc-1");
  }

  Answer register(FakeDesktop desktop, String install) throws TimeoutException {
    return register(user("ann", "acme"), desktop(install), desktop.url(), desktop.secret, "acme");
  }

  ErrorCode refusal(Principal principal, String url, String secret, String... orgs) {
    return catchThrowableOfType(
            RefusedException.class, () -> register(principal, desktop("i1"), url, secret, orgs))
        .code();
  }

  ErrorCode refusalOf(String body) {
    return catchThrowableOfType(
            RefusedException.class,
            () -> await(Requests.ask(
                vertx.eventBus(), Addresses.CALLBACKS,
                new RegisterCallback(user("ann", "acme"), desktop("i1"), body.getBytes()), Answer.class, 60_000)))
        .code();
  }

  static void until(String what, Patience.Question question) throws Exception {
    Patience.until(what, PATIENCE_S, question);
  }

  static List<String> ids(int from, int through) {
    return IntStream.rangeClosed(from, through).mapToObj(i -> "e" + i).toList();
  }

  static void pushedTo(FakeDesktop desktop, List<String> ids) throws Exception {
    until("pushed " + ids.size() + " events", () -> desktop.applied().size() >= ids.size());
    assertThat(desktop.applied()).isEqualTo(ids);
  }

  String metric(String line) {
    return metrics.scrape().lines().filter(one -> one.startsWith(line + ' ')).findFirst().orElseThrow();
  }

  long rows() throws TimeoutException {
    return await(database.read(sql -> sql.number("SELECT count(*) FROM callbacks")));
  }

  /** Does something on the event loop that the pushes of {@link #pushes} live on. */
  void onLoop(Runnable action) throws TimeoutException {
    Promise<Void> done = Promise.promise();
    loop.runOnContext(go -> {
      try {
        action.run();
        done.complete();
      } catch (RuntimeException | AssertionError failure) {
        done.fail(failure);
      }
    });
    await(done.future());
  }

  /** Pushes without a registry or real HTTP. */
  Pushes pushes(Connector connector, Directory directory) {
    CallbackClient client = new CallbackClient(
        vertx, new SystemLookup(vertx), connector, true, metrics, clock, timeoutMs);
    PushWorld world = new PushWorld(
        vertx, client, new Slots(Slots.Bounds.NORMAL), metrics, clock, new Backoff(10, 40), new Backoff(50, 100), 60,
        PushWorld.RECENT_MS, () -> 0.5);
    return new Pushes(
        world, new HomeShards(directory), new RoomCalls(vertx, directory), Addresses.callback(directory.self()));
  }
}
