package dev.cortex.chaos.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.cortex.chaos.cluster.ChaosRequest.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChaosRequestTest {

  @Test
  void everythingCanBeSaidInEitherSpelling() {
    ChaosRequest request =
        ChaosRequest.parse(
            List.of("faults", "--seed=7", "--faults", "3", "--rate=50", "--producers", "4", "--subscribers=9",
                "--orgs", "2", "--kinds=kill,store-crash", "--keep-data"));
    assertThat(request)
        .isEqualTo(new ChaosRequest(Kind.FAULTS, 7, 3, 0, 50, 4, 9, 2, List.of("kill", "store-crash"), true));
    assertThat(ChaosRequest.parse(List.of("rolling", "--rounds=2")).rounds()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({
    "sideways, 'faults, rolling, drain, mix or restore is expected first'",
    "--bogus, drain", "faults --faults=0, 1 to 1000", "faults --bogus=1, unknown",
    "faults --seed, a value is missing", "rolling --rounds=many, 1 to 100", "faults --kinds=flood, freeze"
  })
  void mistakesAreNamed(String line, String expected) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ChaosRequest.parse(List.of(line.split(" "))))
        .withMessageContaining(expected);
  }
}
