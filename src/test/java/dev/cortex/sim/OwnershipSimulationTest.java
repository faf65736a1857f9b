package dev.cortex.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Hundreds of histories of a cluster, each decided by a seed: whatever happens, nothing that was accepted is lost or
 * doubled, and when it ends every shard has one owner. More of them: {@code -Dsim.seeds=100000 -Dsim.first=1000000}.
 */
@Timeout(600)
final class OwnershipSimulationTest {

  private static final int SEEDS = Integer.getInteger("sim.seeds", 200);
  private static final long FIRST = Long.getLong("sim.first", 1);

  private static final Logger ROOMS = Logger.getLogger("dev.cortex.room");

  @BeforeAll
  static void failuresAreExpected() {
    ROOMS.setLevel(Level.OFF);
  }

  @AfterAll
  static void failuresAreNot() {
    ROOMS.setLevel(null);
  }

  @Test
  void everyShardHasOneOwnerInTheEndAndNothingAcceptedIsLostOrDoubled() {
    int isolations = 0;
    int heads = 0;
    for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
      OwnershipSimulation run = play(seed, OwnershipSimulation::play);
      isolations += run.isolations() > 0 ? 1 : 0;
      heads += run.answeredHeads();
    }
    assertThat(isolations).as("histories in which a node was isolated, or no cut was tried").isPositive();
    assertThat(heads).as("heads answered, or nobody asked").isGreaterThan(SEEDS);
  }

  @Test
  void aCutEndsWithOneSideOwningEverythingAndWithoutADuel() {
    for (long seed = FIRST; seed < FIRST + SEEDS / 2; seed++) {
      play(seed, OwnershipSimulation::playCut);
    }
  }

  private static OwnershipSimulation play(long seed, Consumer<OwnershipSimulation> history) {
    try {
      OwnershipSimulation run = new OwnershipSimulation(seed);
      history.accept(run);
      return run;
    } catch (RuntimeException | AssertionError failure) {
      throw new AssertionError("seed " + seed + ": " + failure.getMessage(), failure);
    }
  }
}
