package dev.cortex.sync;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class SecretsTest {

  private final Secrets secrets = new Secrets();

  @Test
  void nothingIsBelievedBeforeTheFirst() {
    assertThat(secrets.believed(0)).isEmpty();
    assertThat(secrets.present(0, 1_000)).isEmpty();
  }

  @Test
  void formerOneIsBelievedForAWhile() {
    secrets.replace("one", 0, 500);
    secrets.replace("two", 2_000, 500);
    assertThat(secrets.believed(2_499)).containsExactly("two", "one");
    assertThat(secrets.believed(2_500)).containsExactly("two");
  }

  @Test
  void oldOneIsNotToldAnyMore() {
    secrets.replace("one", 0, 500);
    assertThat(secrets.present(1_000, 1_000)).contains("one");
    assertThat(secrets.present(1_001, 1_000)).isEmpty();
    assertThat(secrets.believed(1_001)).containsExactly("one");
  }
}
