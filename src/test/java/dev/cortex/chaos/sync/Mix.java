package dev.cortex.chaos.sync;

import dev.cortex.testing.process.Await;
import dev.cortex.testing.process.Link;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Two desktops and the cloud, all of which publish, while the lines between them let through now this and now that:
 * pushes, held requests, polls, everything, or nothing.
 */
final class Mix {

  private static final Duration SETTLED_MAX = Duration.ofSeconds(180);
  private static final long STEP_MS_MIN = 500;
  private static final long STEP_MS_MORE = 2_000;

  /**
   * How much of it.
   *
   * @param seconds for which events are published and lines change
   * @param rate events a second of each of the three producers
   */
  record Plan(int seconds, int rate, boolean postgres, long seed) {}

  /** What the lines of a desktop let through. */
  enum Weather {
    /** Everything. */
    BOTH {
      @Override
      void over(Desk desk) {}
    },
    /** Pushes; the desktop can register and send, and read nothing. */
    PUSH {
      @Override
      void over(Desk desk) {
        desk.up().bar("/api/events/since");
      }
    },
    /** Requests that are held or not. */
    HELD {
      @Override
      void over(Desk desk) throws IOException {
        desk.down().refuse();
      }
    },
    /** Requests that are not held. */
    POLL {
      @Override
      void over(Desk desk) throws IOException {
        desk.down().cut();
        desk.up().replace("wait=25", "wait=00");
      }
    },
    /** Everything, slowly. */
    SLOW {
      @Override
      void over(Desk desk) {
        desk.up().delay(Duration.ofMillis(40));
        desk.down().delay(Duration.ofMillis(40));
      }
    },
    /** Everything, but a third of the answers. */
    LOSSY {
      @Override
      void over(Desk desk) {
        desk.up().loseAnswers("", 0.33, 1);
        desk.down().loseAnswers("", 0.33, 2);
      }
    },
    /** Nothing, and both sides are told. */
    CUT {
      @Override
      void over(Desk desk) throws IOException {
        desk.up().cut();
        desk.down().cut();
      }
    },
    /** Nothing, and nobody is told. */
    SILENT {
      @Override
      void over(Desk desk) throws IOException {
        desk.up().swallow();
        desk.down().swallow();
      }
    };

    abstract void over(Desk desk) throws IOException;

    /** Lets everything through again. */
    static void clear(Desk desk) throws IOException {
      for (Link link : List.of(desk.up(), desk.down())) {
        link.bar("");
        link.replace("", "");
        link.delay(Duration.ZERO);
        link.loseAnswers("", 0, 0);
        link.mend();
      }
    }
  }

  private final Plan plan;
  private final Random random;
  private final Ledger ledger = new Ledger();
  private final Map<Weather, Integer> steps = new TreeMap<>();
  private final Map<String, Integer> modes = new TreeMap<>();

  Mix(Plan plan) {
    this.plan = plan;
    this.random = new Random(plan.seed());
  }

  /** Runs it in a folder for what the processes store. */
  Result run(Path folder) throws Exception {
    ExecutorService producers = Executors.newCachedThreadPool();
    try (Site site = plan.postgres() ? Site.onPostgres(folder) : Site.onSqlite(folder)) {
      List<Watcher> watchers = new ArrayList<>(List.of(site.watchCloud()));
      List<Producer> all = new ArrayList<>(List.of(site.cloudProducer(5, ledger, plan.seed())));
      for (String name : List.of("desktop-a", "desktop-b")) {
        Desk desk = site.desk(name, Site.QUICK).start();
        watchers.add(site.watch(desk));
        all.add(site.producer(desk, 5, ledger, plan.seed() + all.size()));
      }
      List<Future<?>> publishing = new ArrayList<>();
      long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(plan.seconds());
      for (Producer each : all) {
        publishing.add(producers.submit(publishing(each, endNs)));
      }
      change(site, endNs);
      for (Future<?> each : publishing) {
        each.get(SETTLED_MAX.toSeconds(), TimeUnit.SECONDS);
      }
      long settledMs = settle(site, watchers);
      return result(site, watchers, settledMs);
    } finally {
      producers.shutdownNow();
    }
  }

  private Callable<Void> publishing(Producer producer, long endNs) {
    long everyNs = TimeUnit.SECONDS.toNanos(1) / plan.rate();
    return () -> {
      for (long dueNs = System.nanoTime(); dueNs < endNs; dueNs += everyNs) {
        LockSupport.parkNanos(Math.max(0, dueNs - System.nanoTime()));
        producer.publish(1, 1);
      }
      return null;
    };
  }

  private void change(Site site, long endNs) throws IOException, InterruptedException {
    Weather[] weathers = Weather.values();
    while (System.nanoTime() < endNs) {
      Desk desk = site.desks().get(random.nextInt(site.desks().size()));
      Weather next = weathers[random.nextInt(weathers.length)];
      Weather.clear(desk);
      next.over(desk);
      steps.merge(next, 1, Integer::sum);
      long ms = STEP_MS_MIN + random.nextInt((int) STEP_MS_MORE);
      LockSupport.parkNanos(Math.min(TimeUnit.MILLISECONDS.toNanos(ms), endNs - System.nanoTime()));
      for (Desk each : site.desks()) {
        modes.merge(each.mode(), 1, Integer::sum);
      }
    }
    for (Desk desk : site.desks()) {
      Weather.clear(desk);
    }
  }

  private long settle(Site site, List<Watcher> watchers) throws Exception {
    Progress.say(ledger.size() + " events published; waiting until everybody has them");
    long beganNs = System.nanoTime();
    try {
      for (Watcher watcher : watchers) {
        Await.until(watcher.getName() + " has them", SETTLED_MAX, () -> watcher.count() >= ledger.size());
      }
      for (Desk desk : site.desks()) {
        desk.awaitDrained(SETTLED_MAX);
      }
    } catch (AssertionError late) {
      ledger.complain(late.getMessage());
      watchers.forEach(watcher -> ledger.complain(watcher.story()));
    }
    return (System.nanoTime() - beganNs) / 1_000_000;
  }

  private Result result(Site site, List<Watcher> watchers, long settledMs) throws IOException, InterruptedException {
    List<Judge.Log> logs = new ArrayList<>();
    watchers.forEach(watcher -> logs.add(new Judge.Log(watcher.getName(), watcher.seen(), true)));
    logs.add(new Judge.Log("cloud", site.cloudLog(), true));
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%,d events in %d s, everybody had them %,d ms after the lines were good again",
            ledger.size(), plan.seconds(), settledMs));
    lines.add("lines let through: " + steps + "; the desktops stood at: " + modes);
    for (Desk desk : site.desks()) {
      logs.add(new Judge.Log(desk.name(), desk.log(Site.ORG), true));
      lines.add(Told.by(desk));
    }
    return new Result(lines, Judge.of(ledger.born(), logs, ledger.complaints()));
  }
}
