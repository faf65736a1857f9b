package dev.cortex.room;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Message.Delivery;
import dev.cortex.event.Priority;
import dev.cortex.event.StoredEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class FanoutTest {

  private final List<Delivery> sent = new ArrayList<>();
  private final Room room = new Room("acme", 0, "logidlogidlog");
  private final Room other = new Room("bell", 0, "logidlogidlob");
  private final Fanout fanout = new Fanout("n1", (address, delivery) -> sent.add(delivery), 100);

  @Test
  void aGatewayThatListensToAllAndToOneIsToldOnce() {
    fanout.attach("g", "");
    fanout.attach("g", "acme");
    commit(room, 10);

    assertThat(sent).hasSize(1);
    fanout.detach("g", "");
    commit(room, 10);
    commit(other, 10);
    assertThat(sent).hasSize(2);
    fanout.detach("g", "acme");
    commit(room, 10);
    assertThat(sent).hasSize(2);
  }

  @Test
  void pastItsWindowAGatewayIsToldNothingAndThenWhereItHasToReadFrom() {
    fanout.attach("g", "acme");
    commit(room, 101);
    commit(room, 10);
    commit(room, 10);

    assertThat(sent).hasSize(1);
    fanout.covered("g", 101);
    assertThat(sent).hasSize(2);
    Delivery nudge = sent.get(1);
    assertThat(nudge.events()).isEmpty();
    assertThat(nudge.after()).isEqualTo(1);
    assertThat(nudge.through()).isEqualTo(3);
    commit(room, 10);
    assertThat(sent.get(2).events()).hasSize(1);
  }

  @Test
  void theWindowOutlivesDetachingSoThatOldReportsOpenNoWider() {
    fanout.attach("g", "acme");
    for (int i = 0; i < 50; i++) {
      commit(room, 100);
      fanout.covered("g", sent.get(sent.size() - 1).sentBytes());
    }
    fanout.detach("g", "acme");
    fanout.attach("g", "acme");
    sent.clear();
    fanout.covered("g", 5_000);
    for (int i = 0; i < 10; i++) {
      commit(room, 100);
    }

    assertThat(sent).hasSize(2);
  }

  @Test
  void aGatewayWhoseReportWasLostIsAskedAgain() {
    fanout.attach("g", "acme");
    commit(room, 101);
    commit(room, 10);
    fanout.probe();

    assertThat(sent).hasSize(2);
    fanout.covered("g", sent.get(1).sentBytes());
    assertThat(sent).hasSize(3);
    fanout.probe();
    assertThat(sent).hasSize(3);
  }

  @Test
  void whatAGatewayMissedOfAnOrgItLeftIsForgotten() {
    fanout.attach("g", "acme");
    commit(room, 101);
    commit(room, 10);
    fanout.detach("g", "acme");
    fanout.covered("g", 101);

    assertThat(sent).hasSize(1);
  }

  @Test
  void gatewaysOfNodesThatAreGoneAreForgotten() {
    fanout.attach("cortex.n1.gateway.0", "acme");
    fanout.attach("cortex.n2.gateway.0", "acme");
    fanout.attach("cortex.n2.gateway.0", "");
    fanout.members(Set.of("n1"));
    commit(room, 10);

    assertThat(sent).as("told on: it may seem gone and not know it").hasSize(2);
    assertThat(fanout.gatewaysOf("acme")).as("but not asked").containsExactly("cortex.n1.gateway.0");

    for (int second = 0; second < 90; second++) {
      fanout.probe();
    }
    sent.clear();
    commit(room, 10);
    commit(other, 10);

    assertThat(sent).hasSize(1);
  }

  @Test
  void interestsInAnotherNodesOrgsAreForgotten() {
    fanout.attach("g", "acme");
    fanout.attach("g", "bell");
    fanout.forget(orgId -> orgId.equals("acme"));
    commit(room, 10);
    commit(other, 10);

    assertThat(sent).singleElement().extracting(Delivery::orgId).isEqualTo("bell");
  }

  private void commit(Room in, int bytes) {
    long after = in.head();
    in.advanced(after + 1, 1);
    StoredEvent event = new StoredEvent(after + 1, "", "", 0, Priority.STANDARD, 1, new byte[bytes]);
    fanout.deliver(in, after, List.of(event), 1);
  }
}
