package dev.cortex.room;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
final class ReplayLeasesTest {

  private final ReplayLeases leases = new ReplayLeases(100);

  @Test
  void theSlowestReaderHoldsTheFloorUntilItIsDone() {
    leases.reading("acme", "r1", 50, 0);
    leases.reading("acme", "r2", 70, 0);

    assertThat(leases.allowed("acme", 90, 10)).isEqualTo(50);
    assertThat(leases.allowed("bell", 90, 10)).isEqualTo(90);
    leases.done("acme", "r1");
    assertThat(leases.allowed("acme", 90, 10)).isEqualTo(70);
    leases.done("acme", "r2");
    assertThat(leases.allowed("acme", 90, 10)).isEqualTo(90);
    assertThat(leases.size()).isZero();
  }

  @Test
  void askingForTheNextPageRenewsALeaseAndSilenceEndsIt() {
    leases.reading("acme", "r1", 50, 0);
    leases.reading("acme", "r1", 60, 90);

    assertThat(leases.allowed("acme", 90, 150)).isEqualTo(60);
    assertThat(leases.allowed("acme", 90, 191)).isEqualTo(90);
  }

  @Test
  void readersThatNeverComeBackDoNotPileUp() {
    for (int i = 0; i < 10_000; i++) {
      leases.reading("acme", "poll" + i, 1, i);
    }

    assertThat(leases.size()).isLessThanOrEqualTo(102);
  }
}
