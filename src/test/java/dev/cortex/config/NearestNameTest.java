package dev.cortex.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearestNameTest {

  @Test
  void distanceCountsInsertionsDeletionsAndReplacements() {
    assertThat(NearestName.distance("kitten", "sitting")).isEqualTo(3);
    assertThat(NearestName.distance("", "abc")).isEqualTo(3);
    assertThat(NearestName.distance("same", "same")).isZero();
  }

  @Test
  void nearestIsTheOneWithTheFewestEdits() {
    assertThat(NearestName.of("prot", List.of("host", "port", "profile"))).contains("port");
  }

  @Test
  void sameWordInAnotherSectionIsNearest() {
    assertThat(NearestName.of("port", List.of("room", "server.port"))).contains("server.port");
  }

  @Test
  void beginningOfANameIsNearToItHoweverLongTheRest() {
    assertThat(NearestName.of("a.max", List.of("a.min", "a.max_queue_size_per_connection")))
        .contains("a.max_queue_size_per_connection");
  }

  @Test
  void nothingIsSuggestedForSomethingElseEntirely() {
    assertThat(NearestName.of("zzzzzzzz", List.of("host", "port"))).isEmpty();
  }
}
