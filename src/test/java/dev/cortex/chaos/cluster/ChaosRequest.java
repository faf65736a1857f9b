package dev.cortex.chaos.cluster;

import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * What a command line of the fault test asks for.
 *
 * @param kind what is done to the cluster
 * @param seed of everything that is left to chance
 * @param faults how many faults, 1 to 1000
 * @param rounds how many times every node is restarted, 1 to 100
 * @param rate events published in a second by all producers together, 10 to 5000
 * @param producers how many publishing clients, 1 to 200
 * @param subscribers how many subscribing clients, 1 to 1000
 * @param orgs how many orgs they share, 1 to 200
 * @param kinds which kinds of faults, by name; empty for all
 * @param keep whether what the clients and nodes wrote down stays afterwards
 */
record ChaosRequest(
    Kind kind,
    long seed,
    int faults,
    int rounds,
    int rate,
    int producers,
    int subscribers,
    int orgs,
    List<String> kinds,
    boolean keep) {

  /** What is done to the cluster. */
  enum Kind {
    /** Random faults, one after the other. */
    FAULTS,
    /** Restarts of every node, one after the other. */
    ROLLING
  }

  /**
   * Reads {@code faults} or {@code rolling} and then {@code --flag value} or {@code --flag=value}.
   *
   * @throws IllegalArgumentException with what is wrong
   */
  static ChaosRequest parse(List<String> args) {
    if (args.isEmpty() || !List.of("faults", "rolling").contains(args.get(0))) {
      throw new IllegalArgumentException("faults, rolling, drain, mix or restore is expected first");
    }
    ChaosRequest request = of(args.get(0).equals("faults") ? Kind.FAULTS : Kind.ROLLING);
    for (Iterator<String> rest = args.listIterator(1); rest.hasNext(); ) {
      String arg = rest.next();
      if (arg.equals("--keep-data")) {
        request = request.keeping();
        continue;
      }
      int equals = arg.startsWith("--") ? arg.indexOf('=') : -1;
      String name = equals < 0 ? arg : arg.substring(0, equals);
      if (equals < 0 && !rest.hasNext()) {
        throw new IllegalArgumentException(name + ": unknown, or a value is missing");
      }
      request = request.with(name, equals < 0 ? rest.next() : arg.substring(equals + 1));
    }
    return request;
  }

  /** The defaults of a kind, with a seed drawn by chance. */
  static ChaosRequest of(Kind kind) {
    long seed = ThreadLocalRandom.current().nextInt(1_000_000_000);
    return kind == Kind.FAULTS
        ? new ChaosRequest(kind, seed, 30, 0, 200, 20, 100, 12, List.of(), false)
        : new ChaosRequest(kind, seed, 0, 3, 500, 20, 60, 12, List.of(), false);
  }

  ChaosRequest with(String name, String value) {
    return switch (name) {
      case "--seed" -> new ChaosRequest(
          kind, number(name, value, 0, Integer.MAX_VALUE), faults, rounds, rate, producers, subscribers, orgs, kinds,
          keep);
      case "--faults" -> new ChaosRequest(
          kind, seed, number(name, value, 1, 1_000), rounds, rate, producers, subscribers, orgs, kinds, keep);
      case "--rounds" -> new ChaosRequest(
          kind, seed, faults, number(name, value, 1, 100), rate, producers, subscribers, orgs, kinds, keep);
      case "--rate" -> new ChaosRequest(
          kind, seed, faults, rounds, number(name, value, 10, 5_000), producers, subscribers, orgs, kinds, keep);
      case "--producers" -> new ChaosRequest(
          kind, seed, faults, rounds, rate, number(name, value, 1, 200), subscribers, orgs, kinds, keep);
      case "--subscribers" -> new ChaosRequest(
          kind, seed, faults, rounds, rate, producers, number(name, value, 1, 1_000), orgs, kinds, keep);
      case "--orgs" -> new ChaosRequest(
          kind, seed, faults, rounds, rate, producers, subscribers, number(name, value, 1, 200), kinds, keep);
      case "--kinds" -> new ChaosRequest(
          kind, seed, faults, rounds, rate, producers, subscribers, orgs, kinds(value), keep);
      default -> throw new IllegalArgumentException(name + ": unknown");
    };
  }

  private ChaosRequest keeping() {
    return new ChaosRequest(kind, seed, faults, rounds, rate, producers, subscribers, orgs, kinds, true);
  }

  private static List<String> kinds(String value) {
    List<String> names = List.of(value.split(","));
    names.forEach(Fault::of);
    return names;
  }

  private static int number(String name, String text, int least, int most) {
    String expected = name + ": a number from " + least + " to " + most + " is expected";
    try {
      int value = Integer.parseInt(text);
      if (value < least || value > most) {
        throw new IllegalArgumentException(expected);
      }
      return value;
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(expected, e);
    }
  }
}
