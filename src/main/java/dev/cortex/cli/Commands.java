package dev.cortex.cli;

import dev.cortex.base.Version;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The commands other than a running server, and every help text. */
final class Commands {

  /** Exit code for a command line that cannot be understood, as in {@code sysexits.h}. */
  static final int USAGE = 64;

  private static final String VERSION = "cortex " + Version.TEXT;

  private static final List<Map.Entry<String, String>> EXIT_CODES =
      List.of(
          Map.entry("0", "stopped by a signal, or the command succeeded"),
          Map.entry("1", "the server refused something"),
          Map.entry("64", "wrong arguments of a command"),
          Map.entry("69", "the port is in use, or no server is reachable"),
          Map.entry("70", "something that should not happen"),
          Map.entry("73", "the data directory cannot be made"),
          Map.entry("74", "the database is damaged, unreadable or of another version"),
          Map.entry("75", "a server is already running on this data directory"),
          Map.entry("77", "the operating system forbids it"),
          Map.entry("78", "wrong flags or configuration of serve"));

  private Commands() {}

  /** Runs the command of these arguments and gives its exit code. */
  static int run(String[] args) {
    return commandLine().execute(args);
  }

  /** The whole command line, for running it and for its help. */
  static CommandLine commandLine() {
    CommandSpec root = CommandSpec.create().name("cortex");
    root.mixinStandardHelpOptions(true).version(VERSION);
    root.usageMessage()
        .description("Ordered, durable events for AI-agent products.", "Without a command: serve.")
        .exitCodeListHeading("%nExit codes:%n")
        .exitCodeList(exitCodes());
    root.addSubcommand("serve", serve());
    root.addSubcommand("publish", new CommandLine(new Publish()));
    root.addSubcommand("tail", new CommandLine(new Tail()));
    root.addSubcommand("token", new CommandLine(new TokenCommand()));
    CommandLine line = new CommandLine(root);
    line.getCommandSpec().exitCodeOnInvalidInput(USAGE);
    for (CommandLine each : line.getSubcommands().values()) {
      each.getCommandSpec().mixinStandardHelpOptions(true).version(VERSION).exitCodeOnInvalidInput(USAGE);
    }
    return line;
  }

  private static Map<String, String> exitCodes() {
    Map<String, String> inOrder = new LinkedHashMap<>();
    EXIT_CODES.forEach(entry -> inOrder.put(entry.getKey(), entry.getValue()));
    return inOrder;
  }

  /** Only its help: a serve command line never comes here. */
  private static CommandSpec serve() {
    CommandSpec spec = CommandSpec.create().name("serve");
    spec.usageMessage().description("Runs the server (the default command).");
    for (ServeFlag flag : ServeFlag.values()) {
      OptionSpec.Builder option = OptionSpec.builder(flag.text()).description(flag.doc());
      if (flag.parameter().isEmpty()) {
        option.arity("0").type(boolean.class);
      } else {
        option.arity("1").type(String[].class).paramLabel(flag.parameter());
      }
      spec.addOption(option.build());
    }
    return spec;
  }
}
