package dev.cortex.chaos.sync;

import dev.cortex.testing.process.Await;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToDoubleFunction;

/**
 * A desktop that was away long enough to have much to tell, on a line that breaks over and over while it tells it, with
 * answers lost after the cloud had stored what they confirm, and kills on both sides.
 */
final class Drain {

  private static final Duration DRAINED_MAX = Duration.ofSeconds(300);
  private static final Duration SETTLED_MAX = Duration.ofSeconds(120);
  private static final Duration PATIENCE = Duration.ofSeconds(4);
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

  /**
   * A time in which the line is up and both ends live: from the moment it is mended up to the next break, or the end.
   * Finding out that the line is back is part of it, and so are the answers that are lost in it.
   *
   * @param events that the desktop had confirmed in it
   * @param seconds that it took
   * @param foundSeconds after which the first of them were confirmed; all of it when none were
   */
  private record Stretch(long events, double seconds, double foundSeconds) {

    double rate() {
      return events / seconds;
    }
  }

  private final Plan plan;
  private final Random random;
  private final Ledger ledger = new Ledger();
  private final List<Stretch> stretches = new ArrayList<>();
  private long faults;
  /** What was left when somebody last looked. */
  private long left;

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
      left = plan.events();
      long begunNs = System.nanoTime();
      desk.up().mend();
      for (int flap = 1; flap <= plan.flaps(); flap++) {
        flap(site, desk, flap);
      }
      stretch(desk, 0, 0, DRAINED_MAX);
      if (left > 0) {
        throw new AssertionError("after " + DRAINED_MAX + " there are " + left + " events to go");
      }
      double seconds = (System.nanoTime() - begunNs) / 1e9;
      return result(site, desk, seconds);
    }
  }

  private void flap(Site site, Desk desk, int flap) throws Exception {
    long depth = plan.events() - (long) plan.events() * (flap - 1) / plan.flaps();
    stretch(desk, depth, random.nextInt((int) WHEN_MS_MAX), PATIENCE);
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
      Await.until("the desktop knows what waits", SETTLED_MAX, () -> desk.depth() > 0);
    } else if (plan.kills() && flap == (2 * plan.flaps() + 2) / 3) {
      Progress.say("killing the cloud with " + desk.depth() + " events to go");
      site.cloud().process().kill();
      site.startCloud();
    }
    pause(CUT_MS_MIN + random.nextInt((int) CUT_MS_MORE));
    desk.up().mend();
  }

  /** Lets the outbox empty down to a depth, or for so long, goes on for a moment, and notes how fast it was. */
  private void stretch(Desk desk, long depth, long moreMs, Duration atMost) throws InterruptedException {
    long beganNs = System.nanoTime();
    long before = left;
    double foundSeconds = -1;
    while (left > depth && System.nanoTime() - beganNs < atMost.toNanos()) {
      LockSupport.parkNanos(LOOK_NS);
      look(desk);
      foundSeconds = foundSeconds < 0 && left < before ? seconds(beganNs) : foundSeconds;
    }
    if (moreMs > 0) {
      pause(moreMs);
      look(desk);
    }
    double all = seconds(beganNs);
    if (before > depth) {
      stretches.add(new Stretch(before - left, all, foundSeconds < 0 ? all : foundSeconds));
    }
  }

  private void look(Desk desk) throws InterruptedException {
    long now = desk.depth();
    left = now < 0 ? left : now;
  }

  private static double seconds(long sinceNs) {
    return (System.nanoTime() - sinceNs) / 1e9;
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
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%,d events drained in %.1f s with %d breaks of the line%s and %d answers lost: %,.0f events/s over all",
            plan.events(), seconds, faults, plan.kills() ? " (two of them with a kill)" : "", desk.up().lostAnswers(),
            plan.events() / seconds));
    if (!stretches.isEmpty()) {
      lines.addAll(between());
    }
    return new Result(lines, Judge.of(ledger.born(), logs, ledger.complaints()));
  }

  private List<String> between() {
    double[] rates = sorted(Stretch::rate);
    double[] found = sorted(Stretch::foundSeconds);
    double connected = stretches.stream().mapToDouble(Stretch::seconds).sum();
    long events = stretches.stream().mapToLong(Stretch::events).sum();
    return List.of(
        String.format(
            Locale.ROOT,
            "between breaks, from the line being back to its next break: %,.0f events/s in the middle of %d stretches, "
                + "%,.0f the slowest, %,.0f the fastest; %,.0f over all %.1f s of them",
            rates[rates.length / 2], rates.length, rates[0], rates[rates.length - 1], events / connected, connected),
        String.format(
            Locale.ROOT,
            "the first events were confirmed %.0f ms after the line was back in the middle, %.0f ms at most",
            found[found.length / 2] * 1e3, found[found.length - 1] * 1e3));
  }

  private double[] sorted(ToDoubleFunction<Stretch> of) {
    return stretches.stream().mapToDouble(of).sorted().toArray();
  }
}
