package dev.cortex.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Hundreds of histories of a cluster, each decided by a seed: whatever moves, dies, lags or gets lost, every
 * subscription hears exactly what it is owed, polls reach the end, and nothing stalls once the faults stop. More of
 * them: {@code -Dsim.seeds=100000 -Dsim.first=1000000}.
 */
@Timeout(600)
final class ClusterSimulationTest {

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
  void everySubscriptionHearsEverythingOnceAndInOrderWhileShardsMoveAndNodesDie() {
    long events = 0;
    long deaths = 0;
    long claims = 0;
    for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
      ClusterSimulation run = play(seed);
      assertThat(run.losses()).as("losses of seed %d, where nothing was trimmed", seed).isZero();
      events += run.received();
      deaths += run.deaths();
      claims += run.claims();
    }
    assertThat(events).as("events received, or nothing was tried").isGreaterThan(SEEDS * 20L);
    assertThat(deaths).as("nodes that died, or nothing was tried").isGreaterThan(SEEDS / 2);
    assertThat(claims).as("shards claimed, or nothing moved").isGreaterThan(SEEDS * 6L);
  }

  @ParameterizedTest
  @ValueSource(longs = {1})
  void seedsThatFailedOnceHold(long seed) {
    assertThat(play(seed).losses()).isZero();
  }

  private static ClusterSimulation play(long seed) {
    try {
      ClusterSimulation run = new ClusterSimulation(seed);
      run.play();
      return run;
    } catch (RuntimeException | AssertionError failure) {
      throw new AssertionError("seed " + seed + ": " + failure.getMessage(), failure);
    }
  }
}
