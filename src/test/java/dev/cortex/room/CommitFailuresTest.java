package dev.cortex.room;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.log.LogException.Kind;
import org.junit.jupiter.api.Test;

class CommitFailuresTest {

  private final CommitFailures failures = new CommitFailures();
  private long nowNs = 5;

  private String failed(Kind kind) {
    return failures.failed(kind, 3, "no answer", nowNs).orElse("");
  }

  @Test
  void theFirstFailureOfAKindIsTold() {
    assertThat(failed(Kind.BUSY)).isEqualTo("commit of 3 events failed: BUSY: no answer");
    assertThat(failed(Kind.UNKNOWN)).contains("UNKNOWN");
  }

  @Test
  void thoseThatFollowAreCountedAndToldLater() {
    failed(Kind.BUSY);
    nowNs += CommitFailures.QUIET_NS - 1;
    assertThat(failed(Kind.BUSY)).isEmpty();
    assertThat(failed(Kind.BUSY)).isEmpty();
    nowNs++;
    assertThat(failed(Kind.BUSY)).endsWith("(after 2 others)");
    nowNs += CommitFailures.QUIET_NS;
    assertThat(failed(Kind.BUSY)).doesNotContain("others");
  }

  @Test
  void afterACommitTheNextFailureIsToldAtOnce() {
    failed(Kind.FULL);
    failures.succeeded();
    assertThat(failed(Kind.FULL)).isNotEmpty();
  }
}
