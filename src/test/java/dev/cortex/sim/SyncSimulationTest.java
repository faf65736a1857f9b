package dev.cortex.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.sim.SyncSimulation.Sessions;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Histories of two desktops and a cloud, each decided by a seed: whatever gets lost, late, twice or refused, every
 * event is in the end in every log once. More of them: {@code -Dsim.seeds=100000 -Dsim.first=1000000}.
 */
@Timeout(600)
final class SyncSimulationTest {

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
  void everyEventIsInEveryLogOnceAndInItsSessionsOrder() {
    long stored = 0;
    long refused = 0;
    for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
      SyncSimulation run = play(seed, Sessions.OWN);
      stored += run.stored();
      refused += run.refused();
    }
    assertThat(stored).as("events in the cloud, or nothing was tried").isGreaterThan(SEEDS * 40L);
    assertThat(refused).as("events that were refused for a time").isGreaterThan(SEEDS);
  }

  @Test
  void sessionsThatAreWrittenInTwoPlacesLoseNothing() {
    for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
      play(seed, Sessions.CONTESTED);
    }
  }

  @Test
  void sessionsGoOnWithoutWhatWasGivenUpAndNothingElseIsMissing() {
    long leftOut = 0;
    for (long seed = FIRST; seed < FIRST + (SEEDS + 1) / 2; seed++) {
      leftOut += play(seed, Sessions.GIVEN_UP).leftOut();
    }
    assertThat(leftOut).as("marks of what was left out").isGreaterThan(SEEDS / 4);
  }

  private static SyncSimulation play(long seed, Sessions sessions) {
    try {
      SyncSimulation run = new SyncSimulation(seed, sessions);
      run.play();
      return run;
    } catch (RuntimeException | AssertionError failure) {
      throw new AssertionError("seed " + seed + " with " + sessions + ": " + failure.getMessage(), failure);
    }
  }
}
