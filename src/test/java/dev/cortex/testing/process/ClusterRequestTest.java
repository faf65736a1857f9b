package dev.cortex.testing.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusterRequestTest {

  @Test
  void withoutAnythingThreeNodesShareADatabaseThatIsStartedForThem() {
    ClusterRequest request = ClusterRequest.parse(List.of());
    assertThat(request.nodes()).isEqualTo(3);
    assertThat(request.store()).isEmpty();
    assertThat(request.keepData()).isFalse();
  }

  @Test
  void everythingCanBeSaidInEitherSpelling() {
    ClusterRequest request =
        ClusterRequest.parse(
            List.of("--nodes=2", "--keep-data", "--store", "jdbc:postgresql://h/d", "--store-user=u", "--set",
                "retention.hours=1", "--java=-Dx=y"));
    assertThat(request.nodes()).isEqualTo(2);
    assertThat(request.keepData()).isTrue();
    assertThat(request.store())
        .containsEntry("CORTEX_STORE_URL", "jdbc:postgresql://h/d").containsEntry("CORTEX_STORE_USER", "u");
    assertThat(request.sets()).containsExactly("retention.hours=1");
    assertThat(request.flags()).containsExactly("-Dx=y");
  }

  @ParameterizedTest
  @CsvSource({
    "--nodes=0, 1 to 9", "--nodes=ten, 1 to 9", "--nodes, a value is missing", "--bogus, unknown",
    "--store-user=u, --store is missing"
  })
  void mistakesAreNamed(String line, String expected) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ClusterRequest.parse(List.of(line.split(" "))))
        .withMessageContaining(expected);
  }
}
