package dev.cortex.sync;

import dev.cortex.base.Clock;
import dev.cortex.bus.Addresses;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Message.Answer;
import dev.cortex.bus.Message.AskSync;
import dev.cortex.bus.Message.OutboxGrew;
import dev.cortex.bus.Message.Push;
import dev.cortex.bus.Requests;
import dev.cortex.config.CortexConfig;
import dev.cortex.event.Desktop;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import dev.cortex.ops.Metrics;
import io.vertx.circuitbreaker.CircuitBreaker;
import io.vertx.circuitbreaker.CircuitBreakerOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;

/**
 * Keeps a desktop and its cloud in step: takes what the cloud pushes, asks for what it does not, and sends what was
 * born here. It writes nothing itself; the room of this desktop does, and everything it asks the bridge can be asked
 * again.
 */
public final class SyncBridgeVerticle extends VerticleBase implements OrgSync.Owner, PushLease.Owner {

  private static final Logger LOG = LoggerFactory.getLogger(SyncBridgeVerticle.class);
  private static final int BREAKER_FAILURES = 5;

  private final CortexConfig config;
  private final Metrics metrics;
  private final Clock clock;
  private final Directory directory;
  private final Timing timing;
  private final DoubleSupplier chance;
  private final Map<String, OrgSync> orgs = new LinkedHashMap<>();

  private BridgeWorld world;
  private OutboxGate gate;
  private PushLease lease;
  private PushReceiver receiver;
  private SyncStatus status;
  private WakeWatch watch;
  private MessageConsumer<Object> consumer;
  private Optional<Desktop> desktop = Optional.empty();
  private long ticks;
  private long refreshedMs;

  /** Creates the verticle; nothing happens before it is deployed. */
  public SyncBridgeVerticle(CortexConfig config, Metrics metrics, Clock clock, Directory directory) {
    this(
        config, metrics, clock, directory,
        Timing.normal(config.sync().pollMinMs(), config.sync().pollMaxMs()),
        () -> ThreadLocalRandom.current().nextDouble());
  }

  /**
   * Creates the verticle with times of its own.
   *
   * @param chance gives random numbers in [0, 1)
   */
  SyncBridgeVerticle(
      CortexConfig config, Metrics metrics, Clock clock, Directory directory, Timing timing, DoubleSupplier chance) {
    this.config = config;
    this.metrics = metrics;
    this.clock = clock;
    this.directory = directory;
    this.timing = timing;
    this.chance = chance;
  }

  @Override
  public Future<?> start() {
    TreeSet<String> names = new TreeSet<>(config.sync().syncedOrgs());
    CloudClient cloud =
        new CloudClient(vertx, config.sync().cloudUrl(), config.sync().token(), names.size(), timing);
    world = new BridgeWorld(vertx, cloud, new LocalLog(vertx, directory), metrics, clock, chance, timing);
    gate = new OutboxGate(breaker(), world);
    for (String name : names) {
      orgs.put(name, new OrgSync(
          name, world, gate, config.messageContract().maxPayloadBytes(), () -> desktop.orElseThrow(), this));
    }
    lease = new PushLease(
        config.sync().callbackUrl(), names, world, () -> desktop.orElseThrow(), new SecureRandom(),
        new Trouble("pushes of the cloud", metrics), this);
    receiver = new PushReceiver(orgs, world, lease::secrets);
    String without = "nothing is synced: " + config.sync().whyNoOrgs();
    status = new SyncStatus(config.sync().cloudUrl(), without, orgs.values(), lease, () -> desktop, gate);
    status.register(metrics);
    watch = new WakeWatch(timing.tickMs(), clock.wallMs(), world.nowMs());
    refreshedMs = world.nowMs();
    ticks = vertx.setPeriodic(timing.tickMs(), tick -> tick());
    consumer = vertx.eventBus().localConsumer(Addresses.SYNC);
    consumer.handler(this::receive);
    if (names.isEmpty()) {
      LOG.warn(without);
    }
    orgs.values().forEach(OrgSync::start);
    return Future.succeededFuture();
  }

  @Override
  public Future<?> stop() {
    vertx.cancelTimer(ticks);
    orgs.values().forEach(OrgSync::stop);
    return consumer.unregister()
        .eventually(lease::stop)
        .eventually(() -> {
          gate.close();
          return world.cloud().close();
        });
  }

  @Override
  public void onDesktop(Desktop known) {
    desktop = Optional.of(known);
  }

  @Override
  public void onChecked(OrgSync org) {
    if (orgs.values().stream().allMatch(OrgSync::isChecked)) {
      lease.start();
    }
  }

  @Override
  public void onReincarnated(OrgSync org) {
    orgs.values().stream().filter(other -> other != org).forEach(OrgSync::begin);
    lease.renewWithin(0);
  }

  @Override
  public void onLease(long nowMs, long untilMs) {
    orgs.values().forEach(org -> org.inbound().ladder().onLease(nowMs, untilMs));
  }

  @Override
  public void onLeaseLost() {
    orgs.values().forEach(org -> org.inbound().ladder().onLeaseLost());
  }

  @Override
  public void onReached(boolean back) {
    orgs.values().forEach(org -> org.cloudAnswered(back));
    lease.toldElsewhere(back);
  }

  private CircuitBreaker breaker() {
    return CircuitBreaker.create(
        "cloud",
        vertx,
        new CircuitBreakerOptions()
            .setMaxFailures(BREAKER_FAILURES)
            .setTimeout(timing.connectMs() + timing.requestMs() + 2 * timing.slackMs())
            .setResetTimeout(timing.breakerResetMs()));
  }

  private void tick() {
    if (watch.onTick(clock.wallMs(), world.nowMs())) {
      LOG.info("the clocks jumped: connections to the cloud begin anew");
      world.cloud().renew();
      orgs.values().forEach(OrgSync::wake);
      lease.renewWithin(timing.wakeWithinMs());
    }
    boolean wanting = false;
    for (OrgSync org : orgs.values()) {
      wanting |= org.tick();
    }
    if (wanting) {
      lease.renewWithin(timing.wakeWithinMs());
    }
    if (world.nowMs() - refreshedMs >= timing.pollMaxMs()) {
      refreshedMs = world.nowMs();
      orgs.values().forEach(org -> org.sender().refresh());
    }
    status.look();
  }

  private void receive(Message<Object> received) {
    try {
      Object body = received.body();
      if (body instanceof OutboxGrew grew) {
        Optional.ofNullable(orgs.get(grew.orgId())).ifPresent(org -> org.sender().onGrew(grew.outboxHead()));
      } else if (body instanceof AskSync) {
        received.reply(status.answer());
      } else if (body instanceof Push push) {
        receiver.receive(push).onComplete(received::reply, failure -> refuse(received, failure));
      } else {
        Requests.refuse(received, ErrorCode.INTERNAL, "the sync does not know " + body.getClass().getSimpleName());
      }
    } catch (RuntimeException bug) {
      refuse(received, bug);
    }
  }

  private static void refuse(Message<Object> received, Throwable failure) {
    if (failure instanceof RefusedException refused) {
      Requests.refuse(received, refused.code(), refused.getMessage());
    } else {
      LOG.error("the sync could not answer", failure);
      Requests.refuse(received, ErrorCode.INTERNAL, ErrorCode.INTERNAL.sentence());
    }
  }
}
