package dev.cortex.chaos.sync;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The fault tests of the sync between desktops and cloud: progress on standard error, results on standard output. */
@Command(name = "tools/chaos", sortOptions = false, usageHelpWidth = 110)
final class SyncChaos {

  /** What is done to the sync. */
  private interface Trial {
    Result run(Path folder) throws Exception;
  }

  @Spec private CommandSpec spec;

  @Option(
      names = "--store",
      scope = CommandLine.ScopeType.INHERIT,
      defaultValue = "postgres",
      description = "where the cloud stores: postgres (default) or sqlite")
  private Store store;

  @Option(
      names = "--seed",
      scope = CommandLine.ScopeType.INHERIT,
      defaultValue = "-1",
      description = "of everything left to chance; drawn and printed when it is not given")
  private long seed;

  @Option(
      names = "--keep-data",
      scope = CommandLine.ScopeType.INHERIT,
      description = "keep what the processes stored; after a failure it is kept anyway")
  private boolean keep;

  @Option(names = {"-h", "--help"}, scope = CommandLine.ScopeType.INHERIT, usageHelp = true, description = "this text")
  private boolean help;

  /** Where the cloud stores. */
  private enum Store {
    postgres,
    sqlite
  }

  /** Runs what the arguments ask for; exit code 0 when every promise was kept, 1 when not, 2 when misused. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new SyncChaos()).execute(args));
  }

  @Command(
      name = "drain",
      description = {
        "A desktop publishes while it is cut off from the cloud, then sends what waits over a line that breaks over and"
            + " over, with lost answers and a kill of either side."
      })
  int drain(
      @Option(names = "--events", defaultValue = "10000", description = "how many (${DEFAULT-VALUE})") int events,
      @Option(names = "--sessions", defaultValue = "50", description = "over how many sessions (${DEFAULT-VALUE})")
          int sessions,
      @Option(names = "--flaps", defaultValue = "20", description = "breaks of the line (${DEFAULT-VALUE})") int flaps,
      @Option(
              names = "--lost",
              defaultValue = "33",
              description = "per cent of the answers that are lost after the commit (${DEFAULT-VALUE})")
          int lost,
      @Option(names = "--no-kills", description = "kill nothing") boolean noKills)
      throws Exception {
    within("--events", events, 1, 1_000_000);
    within("--sessions", sessions, 1, 10_000);
    within("--flaps", flaps, 0, 1_000);
    within("--lost", lost, 0, 90);
    draw();
    return run(new Drain(new Drain.Plan(events, sessions, flaps, !noKills, lost / 100.0, onPostgres(), seed))::run);
  }

  @Command(
      name = "mix",
      description = {
        "Two desktops and the cloud publish, while the lines between them let through pushes, held requests, polls,"
            + " everything or nothing, in turns chosen by chance."
      })
  int mix(
      @Option(names = "--seconds", defaultValue = "60", description = "for how long (${DEFAULT-VALUE})") int seconds,
      @Option(
              names = "--rate",
              defaultValue = "20",
              description = "events a second of each of the three producers (${DEFAULT-VALUE})")
          int rate)
      throws Exception {
    within("--seconds", seconds, 1, 3_600);
    within("--rate", rate, 1, 500);
    draw();
    return run(new Mix(new Mix.Plan(seconds, rate, onPostgres(), seed))::run);
  }

  @Command(
      name = "restore",
      description = "A desktop's data directory is put back from a copy that is older than what the cloud knows.")
  int restore(
      @Option(names = "--events", defaultValue = "1000", description = "before the copy (${DEFAULT-VALUE})") int events)
      throws Exception {
    within("--events", events, 1, 100_000);
    draw();
    return run(new Restore(new Restore.Plan(events, onPostgres(), seed))::run);
  }

  private void within(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), name + ": a number from " + least + " to " + most + " is expected");
    }
  }

  private boolean onPostgres() {
    return store == Store.postgres;
  }

  private void draw() {
    if (seed < 0) {
      seed = ThreadLocalRandom.current().nextInt(1_000_000_000);
    }
  }

  private int run(Trial trial) throws Exception {
    Path folder = Files.createTempDirectory("cortex-sync-");
    AtomicBoolean kept = new AtomicBoolean();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> tidy(folder, kept.get()), "tidy"));
    Progress.say("seed " + seed + ", folder " + folder);
    Result result = trial.run(folder);
    System.out.println("seed " + seed);
    System.out.print(result.text());
    boolean good = result.verdict().good();
    System.out.println(good ? "every promise was kept" : "NOT kept");
    System.out.flush();
    kept.set(keep || !good);
    if (kept.get()) {
      Progress.say("kept: " + folder);
    }
    return good ? 0 : 1;
  }

  /** At the end of this process, before its time or not: nothing it started stays, and what they stored if asked. */
  private static void tidy(Path folder, boolean keep) {
    ProcessHandle.current()
        .children()
        .filter(child -> child.info().command().orElse("").endsWith("java"))
        .forEach(SyncChaos::end);
    try {
      if (!keep) {
        Folders.delete(folder);
      }
    } catch (IOException e) {
      Progress.say("not removed: " + folder + " (" + e.getMessage() + ')');
    }
  }

  private static void end(ProcessHandle child) {
    child.destroyForcibly();
    child.onExit().orTimeout(60, TimeUnit.SECONDS).join();
  }
}
