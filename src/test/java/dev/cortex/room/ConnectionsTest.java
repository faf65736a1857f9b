package dev.cortex.room;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ConnectionsTest {

  private final Connections connections = new Connections(orgId -> orgId.equals("acme") ? 2 : 0);

  @Test
  void anOrgHasNoMoreConnectionsThanItMayHaveOverAllGateways() {
    assertThat(connections.connect("g1", "acme")).isTrue();
    assertThat(connections.connect("g2", "acme")).isTrue();
    assertThat(connections.connect("g1", "acme")).isFalse();
    connections.disconnect("g2", "acme");
    assertThat(connections.connect("g1", "acme")).isTrue();
    assertThat(connections.of("acme")).isEqualTo(2);
  }

  @Test
  void zeroIsUnlimited() {
    for (int i = 0; i < 100; i++) {
      assertThat(connections.connect("g1", "bell")).isTrue();
    }
  }

  @Test
  void aNewOwnerLearnsTheCountsFromTheGateways() {
    connections.announced("g1", "acme", 2);
    assertThat(connections.connect("g2", "acme")).isFalse();
    connections.announced("g1", "acme", 1);
    assertThat(connections.connect("g2", "acme")).isTrue();
  }

  @Test
  void countsGoWithTheirGatewayAndWithTheirShard() {
    connections.announced("g1", "acme", 2);
    connections.announced("g2", "bell", 3);
    connections.retainGateways(gateway -> gateway.equals("g2"));
    assertThat(connections.of("acme")).isZero();
    connections.forget(orgId -> orgId.equals("bell"));
    assertThat(connections.of("bell")).isZero();
  }

  @Test
  void aConnectionThatIsGoneTwiceCountsOnce() {
    connections.announced("g1", "acme", 1);
    connections.disconnect("g1", "acme");
    connections.disconnect("g1", "acme");
    connections.announced("g1", "acme", 1);

    assertThat(connections.of("acme")).isEqualTo(1);
  }
}
