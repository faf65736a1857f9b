package dev.cortex.prune;

import dev.cortex.base.Backoff;
import dev.cortex.base.Clock;
import dev.cortex.bus.Addresses;
import dev.cortex.bus.Message;
import dev.cortex.config.CortexConfig;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.DeliveryOptions;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;

/**
 * Asks the rooms to trim what outlived its retention: never two trims at a time, about one a minute. It deletes nothing
 * itself; what must not go yet is the room's to know. A failed trim is counted, logged and tried again later. Every
 * node has one and asks its own rooms, which trim their shards; the noted time is that of whoever owns the first shard.
 */
public final class PrunerVerticle extends VerticleBase {

  private static final System.Logger LOG = System.getLogger(PrunerVerticle.class.getName());

  /** A first trim after a long absence deletes a whole day in small chunks. */
  private static final long REPLY_TIMEOUT_MS = TimeUnit.MINUTES.toMillis(5);

  private final long periodMs;
  private final Metrics metrics;
  private final Clock clock;
  private final String room;
  private final Schedule schedule;
  private final DoubleSupplier chance;

  private Optional<RetentionClock> retention = Optional.empty();
  private int failures;
  private long timer = -1;
  private boolean stopped;

  /**
   * When the pruner acts, in ms.
   *
   * @param firstMs from the start to the first trim: after clients have come back
   * @param everyMs between trims, spread by a tenth either way
   * @param retry waits after failures
   */
  public record Schedule(long firstMs, long everyMs, Backoff retry) {
    /** First after 10 s, then every minute; after failures within seconds, later within five minutes. */
    public static final Schedule NORMAL = new Schedule(10_000, 60_000, new Backoff(5_000, 300_000));
  }

  /** Creates the verticle; nothing happens before it is deployed. */
  public PrunerVerticle(CortexConfig config, Metrics metrics, Clock clock, String node) {
    this(config, metrics, clock, node, Schedule.NORMAL, () -> ThreadLocalRandom.current().nextDouble());
  }

  /**
   * Creates the verticle with a schedule of its own.
   *
   * @param chance gives random numbers in [0, 1)
   */
  public PrunerVerticle(
      CortexConfig config, Metrics metrics, Clock clock, String node, Schedule schedule, DoubleSupplier chance) {
    this.periodMs = TimeUnit.HOURS.toMillis(config.retention().hours());
    this.metrics = metrics;
    this.clock = clock;
    this.room = Addresses.room(node);
    this.schedule = schedule;
    this.chance = chance;
  }

  @Override
  public Future<?> start() {
    // the answer is not awaited: pruning is no reason to be ready later
    turn();
    return Future.succeededFuture();
  }

  @Override
  public Future<?> stop() {
    stopped = true;
    if (timer >= 0) {
      vertx.cancelTimer(timer);
    }
    return Future.succeededFuture();
  }

  private void turn() {
    timer = -1;
    // composed, so that even a throw in here becomes a failed attempt and not the end of all pruning
    Future<Long> attempt =
        Future.succeededFuture().compose(go -> retention.map(this::trim).orElseGet(this::learnMark));
    attempt.onComplete(
        nextMs -> {
          failures = 0;
          turnAfter(nextMs);
        },
        failure -> {
          failures++;
          long delayMs = schedule.retry().delayMs(failures, chance.getAsDouble());
          metrics.pruneFailed();
          LOG.log(
              System.Logger.Level.WARNING,
              "Pruning failed " + failures + " times in a row, next attempt in " + delayMs + " ms",
              failure);
          turnAfter(delayMs);
        });
  }

  private void turnAfter(long delayMs) {
    if (!stopped) {
      timer = vertx.setTimer(Math.max(1, delayMs), fired -> turn());
    }
  }

  /** Learns when the last run noted its time; gives the wait until the first trim. */
  private Future<Long> learnMark() {
    return ask(new Message.AskMark(), Message.Marked.class).map(marked -> {
      retention =
          Optional.of(new RetentionClock(marked.wallMs(), periodMs, clock.wallMs(), clock.monotonicNs()));
      return schedule.firstMs();
    });
  }

  /** Trims once; gives the wait until the next trim. */
  private Future<Long> trim(RetentionClock retention) {
    long nowMs = retention.nowMs(clock.wallMs(), clock.monotonicNs());
    return ask(new Message.Trim(nowMs - periodMs, nowMs, retention.noteMs()), Message.Trimmed.class).map(trimmed -> {
      metrics.pruned(trimmed.events());
      metrics.swept(trimmed.rows());
      return (long) (schedule.everyMs() * (0.9 + 0.2 * chance.getAsDouble()));
    });
  }

  private <T extends Message> Future<T> ask(Message request, Class<T> reply) {
    return vertx
        .eventBus()
        .request(room, request, new DeliveryOptions().setSendTimeout(REPLY_TIMEOUT_MS))
        .map(answer -> reply.cast(answer.body()));
  }
}
