package dev.cortex.chaos.cluster;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What is done to a cluster on purpose. */
enum Fault {
  /** A node is killed and started again some seconds later. */
  KILL(5_000),
  /** A node stops for a while as a whole, with its connections open, and goes on later. */
  FREEZE(10_000),
  /** A node and the others do not reach each other for a while; all of them reach the database and clients. */
  CUT(10_000),
  /** The database is stopped in order, and started again. */
  STORE(10_000),
  /** The database's first process is killed, and started again. */
  STORE_CRASH(10_000);

  /** Milliseconds from the fault until every node that is well is meant to serve every org again. */
  final long aimMs;

  Fault(long aimMs) {
    this.aimMs = aimMs;
  }

  /** Whether it happens to one node. */
  boolean hitsNode() {
    return this == KILL || this == FREEZE || this == CUT;
  }

  /** Its name on the command line and in results. */
  String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The fault of that name. */
  static Fault of(String word) {
    return Arrays.stream(values())
        .filter(fault -> fault.word().equals(word))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "--kinds: a list of "
                        + Arrays.stream(values()).map(Fault::word).collect(Collectors.joining(", "))
                        + " is expected"));
  }
}
