package dev.cortex.chaos.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.chaos.cluster.ChaosRequest.Kind;
import dev.cortex.testing.process.Seed;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A cluster under load in which one thing after the other goes wrong; {@code tools/chaos} does more of it. */
@Tag("process")
@Timeout(1_200)
final class ClusterFaultTest {

  @TempDir Path folder;

  @Test
  void deathsFreezesAndRestartsOfNodesAndDatabaseLoseRepeatAndReorderNothing() throws Exception {
    ChaosRequest request =
        new ChaosRequest(Kind.FAULTS, Seed.of("cluster faults"), 3, 1, 100, 8, 24, 6, List.of(), true);
    try (Trial trial = new Trial(request, folder, false)) {
      trial.inflict(Fault.KILL);
      trial.inflict(Fault.FREEZE);
      trial.inflict(Fault.STORE);
      trial.roll();
      Judge.Verdict verdict = trial.finish();
      System.out.print(trial.report().text(verdict));
      assertThat(verdict.faults()).isEmpty();
      assertThat(verdict.good()).isTrue();
      assertThat(verdict.events()).isGreaterThan(500);
      assertThat(verdict.received()).isGreaterThan(verdict.events());
    }
  }
}
