package dev.cortex.chaos.sync;

import dev.cortex.testing.process.Await;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A desktop that was away long enough to have much to tell, on a line that breaks over and over while it tells it, with
 * answers lost after the cloud had stored what they confirm, and kills on both sides.
 */
final class Drain {

  private static final Duration DRAINED_MAX = Duration.ofSeconds(120);
  private static final Duration SETTLED_MAX = Duration.ofSeconds(30);
  private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(4);
  private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long WHEN_MS_MAX = 30;
  private static final long CUT_MS_MIN = 50;
  private static final long CUT_MS_MORE = 350;

  /**
   * How much of it.
   *
   * @param events published while the desktop is cut off
   * @param sessions that they are spread over
   * @param flaps how often the line breaks while they are sent
   * @param kills whether the desktop and the cloud are killed once each on the way
   * @param lost share of the answers to the outbox that are lost, 0 to 1
   * @param postgres whether the cloud stores in PostgreSQL
   */
  record Plan(int events, int sessions, int flaps, boolean kills, double lost, boolean postgres, long seed) {}

  private final Plan plan;
  private final Random random;
  private final Ledger ledger = new Ledger();
  private final List<Double> rates = new ArrayList<>();
  private long faults;

  Drain(Plan plan) {
    this.plan = plan;
    this.random = new Random(plan.seed());
  }

  /** Runs it in a folder for what the processes store. */
  Result run(Path folder) throws Exception {
    try (Site site = plan.postgres() ? Site.onPostgres(folder) : Site.onSqlite(folder)) {
      Desk desk = site.desk("desktop", "sync.poll_min_ms=500", "sync.poll_max_ms=2000").start();
      desk.up().cut();
      site.producer(desk, plan.sessions(), ledger, plan.seed()).publish(plan.events(), 100);
      Progress.say(ledger.size() + " events published on a desktop that is cut off");
      Await.until("everything waits", SETTLED_MAX, () -> desk.depth() == plan.events());
      desk.up().loseAnswers("POST /api/events", plan.lost(), plan.seed());
      long begunNs = System.nanoTime();
      desk.up().mend();
      for (int flap = 1; flap <= plan.flaps(); flap++) {
        flap(site, desk, flap);
      }
      stretch(desk, 0);
      desk.awaitDrained(DRAINED_MAX);
      double seconds = (System.nanoTime() - begunNs) / 1e9;
      return result(site, desk, seconds);
    }
  }

  private void flap(Site site, Desk desk, int flap) throws Exception {
    stretch(desk, plan.events() - (long) plan.events() * (flap - 1) / plan.flaps());
    pause(random.nextInt((int) WHEN_MS_MAX));
    faults++;
    if (random.nextBoolean()) {
      desk.up().cut();
    } else {
      desk.up().refuse();
    }
    if (plan.kills() && flap == (plan.flaps() + 2) / 3) {
      Progress.say("killing the desktop with " + desk.depth() + " events to go");
      desk.kill();
      desk.start();
    } else if (plan.kills() && flap == (2 * plan.flaps() + 2) / 3) {
      Progress.say("killing the cloud with " + desk.depth() + " events to go");
      site.cloud().process().kill();
      site.startCloud();
    }
    pause(CUT_MS_MIN + random.nextInt((int) CUT_MS_MORE));
    desk.up().mend();
  }

  /** Lets the outbox empty down to a depth, or for a while, and notes how fast it did. */
  private void stretch(Desk desk, long depth) throws InterruptedException {
    long beganNs = System.nanoTime();
    long before = desk.depth();
    long now = before;
    while ((now > depth || now < 0) && System.nanoTime() - beganNs < PATIENCE_NS) {
      LockSupport.parkNanos(LOOK_NS);
      now = desk.depth();
    }
    if (before > now && now >= 0) {
      rates.add((before - now) / ((System.nanoTime() - beganNs) / 1e9));
    }
  }

  private static void pause(long ms) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(ms));
  }

  private Result result(Site site, Desk desk, double seconds) throws IOException, InterruptedException {
    List<Judge.Log> logs =
        List.of(
            new Judge.Log("cloud", site.cloudLog(), true),
            new Judge.Log("desktop", desk.log(Site.ORG), true));
    if (plan.lost() > 0 && desk.up().lostAnswers() == 0) {
      ledger.complain("no answer was lost: this run shows nothing");
    }
    double[] sorted = rates.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%,d events drained in %.1f s with %d breaks of the line%s and %d answers lost: %,.0f events/s over all",
            plan.events(), seconds, faults, plan.kills() ? " (two of them with a kill)" : "", desk.up().lostAnswers(),
            plan.events() / seconds));
    if (sorted.length > 0) {
      lines.add(
          String.format(
              Locale.ROOT,
              "between breaks: %,.0f events/s in the middle, %,.0f the slowest, %,.0f the fastest of %d stretches",
              sorted[sorted.length / 2], sorted[0], Arrays.stream(sorted).max().orElse(0), sorted.length));
    }
    return new Result(lines, Judge.of(ledger.born(), logs, ledger.complaints()));
  }
}
