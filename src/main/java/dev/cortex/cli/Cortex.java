package dev.cortex.cli;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The command line. {@code serve} is the default and is started without the command-line library, which takes long to
 * load; every other command, help and version go through it.
 */
public final class Cortex {

  private static final Set<String> HELP = Set.of("--help", "-h", "--version", "-V");
  private static final long PARENT_POLL_MS = 200;

  private Cortex() {}

  /** Runs the command of these arguments. */
  public static void main(String[] args) {
    List<String> all = Arrays.asList(args);
    Optional<List<String>> serve = serveArguments(all);
    if (serve.isPresent()) {
      serve(serve.get());
    } else {
      System.exit(Commands.run(args));
    }
  }

  /** The flags of a serve command line; empty when another command or help is wanted. */
  static Optional<List<String>> serveArguments(List<String> args) {
    if (args.stream().anyMatch(HELP::contains)) {
      return Optional.empty();
    }
    if (args.isEmpty() || args.get(0).startsWith("-")) {
      return Optional.of(args);
    }
    return args.get(0).equals("serve") ? Optional.of(args.subList(1, args.size())) : Optional.empty();
  }

  private static void serve(List<String> args) {
    PrintStream out = System.out;
    // Standard output belongs to the launcher's contract; nothing else may write there.
    System.setOut(System.err);
    LogLine.install(System.err);
    // A desktop resolves no names but its own, and a cloud node those that its machine resolves.
    System.setProperty("vertx.disableDnsResolver", "true");
    Lifetime lifetime = new Lifetime();
    lifetime.watch();
    if (args.contains(ServeFlag.EXIT_WITH_PARENT.text())) {
      watchParent(lifetime);
    }
    Serve.Result result = new Serve(out, System.err, System.getenv(), lifetime::holds).run(args);
    if (!result.serving()) {
      lifetime.exit(result.exitCode());
    }
  }

  /** Before the server starts, so that a parent that dies meanwhile is noticed. */
  private static void watchParent(Lifetime lifetime) {
    new ParentWatch(
            ParentWatch.inputIsNullDevice() ? Optional.empty() : Optional.of(System.in),
            ParentWatch.parentOf(ProcessHandle.current()),
            PARENT_POLL_MS,
            lifetime::exitOrphaned)
        .start();
  }
}
