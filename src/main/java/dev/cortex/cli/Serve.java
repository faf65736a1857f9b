package dev.cortex.cli;

import dev.cortex.base.Version;
import dev.cortex.boot.CortexServer;
import dev.cortex.boot.Demo;
import dev.cortex.boot.DemoHome;
import dev.cortex.boot.StartException;
import dev.cortex.boot.StartFailure;
import dev.cortex.config.ConfigException;
import dev.cortex.config.ConfigLoader;
import dev.cortex.config.CortexConfig;
import dev.cortex.config.EffectiveConfig;
import dev.cortex.store.SqliteDriver;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/**
 * The {@code serve} command: reads its flags, starts the server and keeps the contract with a launcher. Exactly one
 * line goes to standard output, {@code CORTEX_READY} or {@code CORTEX_ERROR}; all that people read goes to standard
 * error. Nothing launches a demo but people: its standard output is for them.
 */
final class Serve {

  /**
   * What came of it.
   *
   * @param serving whether a server runs
   * @param exitCode of the process, when none does
   */
  record Result(boolean serving, int exitCode) {}

  private final PrintStream out;
  private final PrintStream err;
  private final Map<String, String> environment;
  private final Consumer<Running> onStarted;

  /**
   * A command that writes to these streams and reads that environment.
   *
   * @param onStarted gets what runs before the launcher hears of it, so that a signal sent at once finds it
   */
  Serve(PrintStream out, PrintStream err, Map<String, String> environment, Consumer<Running> onStarted) {
    this.out = out;
    this.err = err;
    this.environment = environment;
    this.onStarted = onStarted;
  }

  /** Runs the command up to readiness or failure; blocks until then. */
  Result run(List<String> args) {
    SqliteDriver.warm();
    boolean tellLauncher = !args.contains(ServeFlag.CHECK_CONFIG.text());
    try {
      ServeRequest request = ServeRequest.parse(args, environment);
      boolean demo = request.source().profile().equals("demo");
      tellLauncher &= !demo;
      EffectiveConfig effective = ConfigLoader.load(request.source());
      effective.warnings().forEach(line -> err.println("warning: " + line));
      if (request.checkConfig()) {
        out.print(effective.yaml().get());
        out.flush();
        return new Result(false, 0);
      }
      if (demo) {
        startDemo(request, effective.config());
      } else {
        start(request, effective.config());
      }
      return new Result(true, 0);
    } catch (ConfigException e) {
      e.problems().forEach(line -> err.println("error: " + line));
      return failed(StartFailure.BAD_CONFIG, e.getMessage(), tellLauncher);
    } catch (StartException e) {
      err.println("error: " + e.getMessage());
      return failed(e.failure(), e.getMessage(), tellLauncher);
    }
  }

  private void start(ServeRequest request, CortexConfig config) {
    if (request.banner()) {
      err.println("Cortex Realtime " + Version.TEXT + ", profile " + config.profile());
    }
    keepLibraryIn(config.dataDir());
    CortexServer server = await(CortexServer.start(config));
    onStarted.accept(Running.of(server));
    long pid = ProcessHandle.current().pid();
    JsonObject ready =
        new JsonObject()
            .put("url", server.url())
            .put("port", server.port())
            .put("pid", pid)
            .put("version", Version.TEXT)
            .put("dataDir", server.dataDir().toString());
    server.inside().ifPresent(inside -> ready.put("internalUrl", inside.url()).put("node", inside.node()));
    out.println("CORTEX_READY " + ready.encode());
    out.flush();
    if (request.banner()) {
      String console = server.inside().map(CortexServer.Inside::url).orElse(server.url()) + "/console";
      String inside = server.inside().map(each -> ", inside " + each.url() + ", node " + each.node()).orElse("");
      err.println("listening on " + server.url() + inside + ", data in " + server.dataDir() + ", pid " + pid);
      err.println("console at " + console);
      List<String> orgs = config.sync().syncedOrgs().stream().sorted().toList();
      if (!orgs.isEmpty()) {
        String cloud = config.sync().cloudUrl().replaceAll("//[^/@]*@", "//"); // a password may stand there
        err.println("syncing " + String.join(", ", orgs) + " with " + cloud);
      }
    }
  }

  private void startDemo(ServeRequest request, CortexConfig config) {
    DemoHome home = DemoHome.of(config.dataDir());
    keepLibraryIn(home.of(Demo.CLOUD));
    Demo demo = await(Demo.start(config, home));
    onStarted.accept(Running.of(demo));
    if (request.banner()) {
      out.println("Cortex Realtime " + Version.TEXT + ": a cloud and two desktops, in this process.");
      out.println();
    }
    out.print(DemoGuide.of(demo));
    out.flush();
  }

  /** Emptied at each start, so that nothing piles up after kills. */
  private static void keepLibraryIn(Path dataDir) {
    SqliteDriver.keepLibraryIn(dataDir.resolve("tmp").resolve("native"));
  }

  private static <T> T await(Future<T> start) {
    try {
      return start.toCompletionStage().toCompletableFuture().join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof StartException known
          ? known
          : new StartException(StartFailure.INTERNAL, "the server failed to start: " + e.getCause(), e);
    }
  }

  private Result failed(StartFailure failure, String message, boolean tellLauncher) {
    if (tellLauncher) {
      out.println("CORTEX_ERROR " + new JsonObject().put("code", failure.code()).put("message", message).encode());
      out.flush();
    }
    return new Result(false, failure.exitCode());
  }
}
