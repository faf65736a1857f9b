package dev.cortex.room;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ReplayLeasesTest {

  private static final long LEASE_NS = 60;
  private static final long START_NS = Long.MAX_VALUE - 100; // the monotonic clock may wrap around

  private final ReplayLeases leases = new ReplayLeases(LEASE_NS);

  @Test
  void aTrimStopsBeforeTheSlowestReader() {
    leases.reading("acme", "a", 70, START_NS);
    leases.reading("acme", "b", 40, START_NS);
    leases.reading("other", "c", 10, START_NS);
    assertThat(leases.allowed("acme", 100, START_NS)).isEqualTo(40);
    leases.done("acme", "b");
    assertThat(leases.allowed("acme", 100, START_NS)).isEqualTo(70);
    assertThat(leases.allowed("acme", 50, START_NS)).isEqualTo(50);
  }

  @Test
  void aReaderThatAsksNoMoreHoldsNothingUp() {
    leases.reading("acme", "a", 40, START_NS);
    assertThat(leases.allowed("acme", 100, START_NS + LEASE_NS)).isEqualTo(40);
    assertThat(leases.allowed("acme", 100, START_NS + LEASE_NS + 1)).isEqualTo(100);
  }

  @Test
  void readersThatNeverReachTheHeadDoNotPileUp() {
    for (int i = 0; i < 10_000; i++) {
      leases.reading("acme", "poll." + i, 1, START_NS + i);
      leases.reading("org" + i, "poll." + i, 1, START_NS + i);
    }
    assertThat(leases.size()).isLessThanOrEqualTo(4 * ((int) LEASE_NS + 1));
  }

  @Test
  void askingForTheNextPageRenewsALease() {
    leases.reading("acme", "a", 40, START_NS);
    leases.reading("acme", "a", 60, START_NS + LEASE_NS);
    assertThat(leases.allowed("acme", 100, START_NS + LEASE_NS + 1)).isEqualTo(60);
  }
}
