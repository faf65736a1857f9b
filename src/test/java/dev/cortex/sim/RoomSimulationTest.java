package dev.cortex.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.gateway.GatewayModel.Client;
import dev.cortex.sim.RoomSimulation.Faults;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Thousands of histories of rooms and gateways, each decided by a seed: every subscription hears exactly what it is
 * owed. More of them: {@code -Dsim.seeds=100000 -Dsim.first=1000000}.
 */
@Timeout(600)
final class RoomSimulationTest {

  private static final int SEEDS = Integer.getInteger("sim.seeds", 400);
  private static final long FIRST = Long.getLong("sim.first", 1);

  private static final Logger COMMITS = Logger.getLogger("dev.cortex.room");

  @BeforeAll
  static void failuresAreExpected() {
    COMMITS.setLevel(Level.OFF);
  }

  @AfterAll
  static void failuresAreNot() {
    COMMITS.setLevel(null);
  }

  @Test
  void everySubscriptionHearsEveryEventOnceAndInOrder() {
    long events = 0;
    for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
      RoomSimulation run = play(seed, Faults.NONE);
      assertThat(run.losses()).as("losses of seed %d, where nothing was trimmed", seed).isZero();
      events += run.received();
    }
    assertThat(events).as("events received, or nothing was tried").isGreaterThan(SEEDS * 20L);
  }

  @Test
  void lostDeliveriesFailedReadsAndUnknownCommitsChangeNothing() {
    for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
      assertThat(play(seed, Faults.STORE_AND_BUS).losses()).as("losses of seed %d", seed).isZero();
    }
  }

  @Test
  void whatIsTrimmedBeforeItWasReadIsAnnouncedAsLost() {
    long losses = 0;
    for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
      losses += play(seed, Faults.TRIMS).losses();
    }
    assertThat(losses).as("losses announced, or nothing was trimmed too early").isPositive();
  }

  @Test
  void oneBrokenConnectionHarmsNoOther() {
    long broken = 0;
    for (long seed = FIRST; seed < FIRST + SEEDS / 3; seed++) {
      RoomSimulation run = play(seed, Faults.BROKEN_SOCKETS);
      assertThat(run.losses()).isZero();
      broken += run.clients().stream().filter(Client::brokeDown).count();
    }
    assertThat(broken).isPositive();
  }

  @ParameterizedTest
  @ValueSource(longs = {7, 477, 590, 814, 945, 1094, 1788, 2775, 102_836, 102_840, 107_737})
  void seedsThatFailedOnceHold(long seed) {
    for (Faults faults : Faults.values()) {
      play(seed, faults);
    }
  }

  private static RoomSimulation play(long seed, Faults faults) {
    try {
      RoomSimulation run = new RoomSimulation(seed, faults);
      run.play();
      return run;
    } catch (RuntimeException | AssertionError failure) {
      throw new AssertionError("seed " + seed + " with " + faults + ": " + failure.getMessage(), failure);
    }
  }
}
