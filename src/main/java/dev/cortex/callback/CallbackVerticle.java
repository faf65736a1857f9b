package dev.cortex.callback;

import dev.cortex.base.Backoff;
import dev.cortex.base.Clock;
import dev.cortex.bus.Addresses;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Message;
import dev.cortex.bus.Message.AskPresence;
import dev.cortex.bus.Message.CallbacksChanged;
import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.Message.Present;
import dev.cortex.bus.Message.RegisterCallback;
import dev.cortex.bus.Message.RemoveCallback;
import dev.cortex.bus.Message.Standing;
import dev.cortex.bus.Requests;
import dev.cortex.bus.RoomCalls;
import dev.cortex.config.CortexConfig;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import io.vertx.core.net.TrustOptions;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Pushes the events of the orgs whose rooms are here to their desktops, and registers the callbacks that those want to
 * be pushed to. Every node of the cloud has one; what it keeps in memory is in the store or in the desktops' answers.
 */
public final class CallbackVerticle extends VerticleBase {

  private static final Logger LOG = LoggerFactory.getLogger(CallbackVerticle.class);

  /**
   * How fast things happen, in milliseconds, and what they happen with: other values are for tests.
   *
   * @param lookMs between looks at the registry
   * @param expireMs between removals of what ended
   * @param timeoutMs for one request to a callback
   * @param lookup how hosts are looked up; made for the verticle's Vert.x
   * @param trust whose certificates are believed; empty for those that Java believes
   */
  record Ways(
      long lookMs,
      long expireMs,
      long timeoutMs,
      Backoff retry,
      Backoff stray,
      long breakerMs,
      Function<Vertx, HostLookup> lookup,
      Optional<TrustOptions> trust) {
    static final Ways NORMAL = new Ways(
        10_000, 60_000, CallbackClient.TIMEOUT_MS, PushWorld.RETRY, PushWorld.STRAY, PushWorld.BREAKER_MS,
        SystemLookup::new, Optional.empty());
  }

  private static final long SECOND_MS = 1_000;

  private final boolean allowPrivate;
  private final CallbackRegistry registry;
  private final Metrics metrics;
  private final Clock clock;
  private final Directory directory;
  private final Ways ways;
  private PinnedHttp http;
  private HomeShards shards;
  private Pushes pushes;
  private RegistryWatch watch;
  private Registrations registrations;
  private Runnable ignoreOwners = () -> { };
  private boolean stopped;

  /** Creates the verticle; nothing happens before it is deployed. */
  public CallbackVerticle(
      CortexConfig config, CallbackRegistry registry, Metrics metrics, Clock clock, Directory directory) {
    this(config.callbacks().allowPrivate(), registry, metrics, clock, directory, Ways.NORMAL);
  }

  /** Creates a verticle with ways of its own. */
  CallbackVerticle(
      boolean allowPrivate,
      CallbackRegistry registry,
      Metrics metrics,
      Clock clock,
      Directory directory,
      Ways ways) {
    this.allowPrivate = allowPrivate;
    this.registry = registry;
    this.metrics = metrics;
    this.clock = clock;
    this.directory = directory;
    this.ways = ways;
  }

  @Override
  public Future<?> start() {
    String address = Addresses.callback(directory.self());
    http = new PinnedHttp(vertx, ways.trust());
    CallbackClient client = new CallbackClient(
        vertx, ways.lookup().apply(vertx), http, allowPrivate, metrics, clock, ways.timeoutMs());
    PushWorld world = new PushWorld(
        vertx, client, new Slots(Slots.Bounds.NORMAL), metrics, clock, ways.retry(), ways.stray(),
        ways.breakerMs(), PushWorld.RECENT_MS, () -> ThreadLocalRandom.current().nextDouble());
    shards = new HomeShards(directory);
    pushes = new Pushes(world, shards, new RoomCalls(vertx, directory), address);
    watch = new RegistryWatch(registry, pushes, world);
    registrations = new Registrations(registry, new Challenge(client), allowPrivate, clock, this::changed);
    metrics.gauge("cortex_callbacks", "Callbacks of orgs whose rooms are on this node.", pushes::size);
    vertx.eventBus().localConsumer(Addresses.CALLBACKS, this::asked);
    ignoreOwners = directory.onChange(view -> context.runOnContext(go -> ownersChanged()));
    vertx.setPeriodic(SECOND_MS, tick -> pushes.forget());
    vertx.setPeriodic(ways.lookMs(), tick -> watch.look());
    vertx.setPeriodic(ways.expireMs(), tick -> watch.expire());
    watch.load(IntStream.range(0, directory.shardMap().shards()).filter(shards::holds).boxed().toList());
    return vertx.eventBus().<Message>consumer(address, this::told).completion();
  }

  @Override
  public Future<?> stop() {
    stopped = true;
    ignoreOwners.run();
    watch.stop();
    pushes.close();
    return http.close();
  }

  private void ownersChanged() {
    if (!stopped) {
      HomeShards.Change change = shards.look();
      pushes.onShards(change);
      watch.load(change.gained());
    }
  }

  /** What rooms and other nodes say. */
  private void told(io.vertx.core.eventbus.Message<Message> received) {
    Message body = received.body();
    if (body instanceof Delivery delivery) {
      pushes.onDelivery(delivery);
    } else if (body instanceof Standing standing) {
      pushes.onStanding(standing);
    } else if (body instanceof CallbacksChanged) {
      watch.hint();
    } else if (body instanceof AskPresence) {
      received.reply(new Present(Map.of())); // nobody is connected here
    }
  }

  /** What desktops ask, by a door of this node. */
  private void asked(io.vertx.core.eventbus.Message<Message> received) {
    // composed, so that a throw is a refusal too and not a question without an answer
    Future.succeededFuture()
        .compose(go -> answer(received.body()))
        .onComplete(received::reply, failure -> refuse(received, failure));
  }

  private Future<Message.Answer> answer(Message ask) {
    if (ask instanceof RegisterCallback register) {
      return registrations.register(register);
    } else if (ask instanceof RemoveCallback remove) {
      return registrations.remove(remove);
    }
    return Future.failedFuture(new IllegalArgumentException("not for callbacks: " + ask.getClass().getSimpleName()));
  }

  private static void refuse(io.vertx.core.eventbus.Message<?> received, Throwable failure) {
    if (failure instanceof RefusedException refused) {
      Requests.refuse(received, refused.code(), refused.getMessage());
    } else {
      LOG.error("a request of a desktop failed", failure);
      Requests.refuse(received, ErrorCode.INTERNAL, ErrorCode.INTERNAL.sentence());
    }
  }

  /** Tells the node that pushes an org; if it does not hear of it, it looks by itself soon. */
  private void changed(String orgId) {
    String owner = directory.ownerOf(orgId);
    if (!owner.isEmpty()) {
      vertx.eventBus().send(Addresses.callback(owner), new CallbacksChanged(orgId));
    }
  }
}
