package dev.cortex.testing.process;

import java.util.concurrent.ThreadLocalRandom;

/** Where the chance of a test comes from: printed, and given again with {@code -Dcortex.seed=N}. */
public final class Seed {

  private static final String PROPERTY = "cortex.seed";

  private Seed() {}

  /** The seed of a test, printed under that name. */
  public static long of(String test) {
    Long given = Long.getLong(PROPERTY);
    long seed = given != null ? given : ThreadLocalRandom.current().nextInt(1_000_000_000);
    System.out.println(test + ": seed " + seed + ", again with -D" + PROPERTY + '=' + seed);
    return seed;
  }
}
