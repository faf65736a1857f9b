package dev.cortex.chaos.sync;

import dev.cortex.testing.process.Await;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * A desktop whose data directory is put back from a copy: of what it published since, the cloud has all, and some of
 * what the copy holds as unsent the cloud has as well.
 */
final class Restore {

  private static final Duration SETTLED_MAX = Duration.ofSeconds(180);
  private static final int SESSIONS = 10;

  /**
   * How much of it.
   *
   * @param events published before the copy; half as many in each part that follows
   */
  record Plan(int events, boolean postgres, long seed) {}

  private final Plan plan;
  private final Ledger ledger = new Ledger();

  Restore(Plan plan) {
    this.plan = plan;
  }

  /** Runs it in a folder for what the processes store. */
  Result run(Path folder) throws Exception {
    try (Site site = plan.postgres() ? Site.onPostgres(folder) : Site.onSqlite(folder)) {
      Desk desk = site.desk("desktop", Site.QUICK).start();
      Producer local = site.producer(desk, SESSIONS, ledger, plan.seed());
      Producer web = site.cloudProducer(SESSIONS, ledger, plan.seed() + 1);
      int half = Math.max(1, plan.events() / 2);
      local.publish(plan.events(), 50);
      web.publish(half, 50);
      desk.awaitDrained(SETTLED_MAX);
      everybodyHasAll(site, desk);
      desk.up().cut();
      local.publish(half, 50);
      desk.stop();
      Path copy = folder.resolve("copy");
      Folders.copy(desk.dataDir(), copy);
      desk.up().mend();
      desk.start();
      local.publish(half, 50);
      web.publish(half, 50);
      desk.awaitDrained(SETTLED_MAX);
      everybodyHasAll(site, desk);
      desk.kill();
      Folders.putBack(copy, desk.dataDir());
      long begunNs = System.nanoTime();
      desk.start();
      everybodyHasAll(site, desk);
      double seconds = (System.nanoTime() - begunNs) / 1e9;
      local.publish(half, 50);
      web.publish(half, 50);
      everybodyHasAll(site, desk);
      desk.awaitDrained(SETTLED_MAX);
      List<Judge.Log> logs =
          List.of(
              new Judge.Log("cloud", site.cloudLog(), true),
              new Judge.Log("desktop", desk.log(Site.ORG), true));
      String line =
          String.format(
              Locale.ROOT,
              "put back without its last %,d events, with %,d unsent ones that the cloud had: all there %.1f s after"
                  + " the start began",
              2 * half, half, seconds);
      return new Result(List.of(line, Told.by(desk)), Judge.of(ledger.born(), logs, ledger.complaints()));
    }
  }

  private void everybodyHasAll(Site site, Desk desk) throws Exception {
    Await.until("the cloud has all", SETTLED_MAX, () -> site.cloudLog().size() >= ledger.size());
    try {
      Await.until("the desktop has all", SETTLED_MAX, () -> desk.log(Site.ORG).size() >= ledger.size());
    } catch (AssertionError late) {
      throw new IOException(late.getMessage() + ": " + desk.sync() + ' ' + desk.log(Site.ORG).size(), late);
    }
  }
}
