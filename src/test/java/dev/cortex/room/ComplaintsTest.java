package dev.cortex.room;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.base.Clock;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is said of a trouble that repeats itself. */
@Timeout(10)
final class ComplaintsTest {

  private long nowNs = Long.MAX_VALUE - 5;

  private final Complaints complaints =
      new Complaints(
          new Clock() {
            @Override
            public long wallMs() {
              return 0;
            }

            @Override
            public long monotonicNs() {
              return nowNs;
            }
          });

  @Test
  void firstIsSaidAtOnceAndTheRestOnceInAWhileWithTheirNumber() {
    assertThat(complaints.of("full")).contains("");
    for (int i = 0; i < 7; i++) {
      nowNs += TimeUnit.SECONDS.toNanos(1);
      assertThat(complaints.of("full")).isEmpty();
    }
    nowNs += TimeUnit.SECONDS.toNanos(4);
    assertThat(complaints.of("full")).contains(" (and 7 more like it before)");
    nowNs += TimeUnit.SECONDS.toNanos(11);
    assertThat(complaints.of("full")).contains("");
  }

  @Test
  void anotherTroubleIsSaidAtOnce() {
    complaints.of("full");
    assertThat(complaints.of("busy")).contains("");
  }
}
