package dev.cortex.cli;

import dev.cortex.config.ConfigException;
import java.io.IOException;
import java.net.http.HttpClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The {@code tail} command: prints events as they come, one JSON a line, and resumes after a lost connection. */
@Command(
    name = "tail",
    description = "Prints events as they come, one JSON object a line; reconnects and resumes by itself.")
final class Tail implements Callable<Integer> {

  private static final long BACKOFF_MS_MIN = 250;
  private static final long BACKOFF_MS_MAX = 10_000;

  @Mixin private ServerAddress address = new ServerAddress();

  @Option(
      names = "--channel",
      paramLabel = "CHANNEL",
      description = "org, org:agent or org:agent:session; repeatable; default: everything")
  private List<String> channels = new ArrayList<>();

  @Option(names = "--org", paramLabel = "ORG", description = "an org; repeatable")
  private List<String> orgs = new ArrayList<>();

  @Option(
      names = "--since",
      paramLabel = "CURSOR",
      description = "a cursor, or Unix milliseconds; repeatable; default: from now")
  private List<String> since = new ArrayList<>();

  @Option(names = "--once", description = "end at the first lost connection instead of reconnecting")
  private boolean once;

  /** For the command-line library, which fills in the options. */
  Tail() {}

  @Override
  public Integer call() {
    TailCursors cursors = new TailCursors(channels, orgs, since);
    HttpClient http = HttpClient.newHttpClient();
    long backoffMs = BACKOFF_MS_MIN;
    try {
      while (true) {
        // Looked up again each time: a restarted server may have another port.
        ServerAddress.Target target = address.find(System.getenv());
        TailConnection.End end = new TailConnection(http, target, cursors, System.out).run();
        Optional<Integer> exit = exitCode(end);
        if (exit.isPresent()) {
          return exit.get();
        }
        backoffMs = end.opened() ? BACKOFF_MS_MIN : Math.min(BACKOFF_MS_MAX, backoffMs * 2);
        System.err.println("warning: " + end.reason() + "; reconnecting");
        Thread.sleep(ThreadLocalRandom.current().nextLong(backoffMs) + 1);
      }
    } catch (ConfigException | IllegalArgumentException e) {
      System.err.println("error: " + e.getMessage());
      return Commands.USAGE;
    } catch (IOException e) {
      System.err.println("error: " + e);
      return 1;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 0;
    }
  }

  private Optional<Integer> exitCode(TailConnection.End end) {
    if (end.outputClosed()) {
      return Optional.of(0);
    }
    if (end.isFinal() || once) {
      System.err.println("error: " + end.reason());
      return Optional.of(end.opened() || end.isFinal() ? 1 : 69);
    }
    return Optional.empty();
  }
}
