package dev.cortex.callback;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Directory;
import dev.cortex.bus.NodeState;
import dev.cortex.event.StoredEvent;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Rooms that move from node to node: nothing is missed, and two owners do no harm. */
@Timeout(300)
final class PushHandoverTest extends CallbackBed {

  @Test
  void whatMovedIsPushedByItsNewOwnerAndMissesNothing() throws Exception {
    FakeRoom first = new FakeRoom(vertx, "n1", log, 1);
    FakeRoom second = new FakeRoom(vertx, "n2", log, 0);
    second.owns(false, 0);
    Directory firstDirectory = directory("n1", "n1", 1);
    Directory secondDirectory = directory("n2", "n1", 1);
    deploy(firstDirectory, true, SYSTEM, Optional.empty());
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    register(desktop, "i1");
    deploy(secondDirectory, true, SYSTEM, Optional.empty());
    until("the room is listened to", () -> first.isAttached("acme"));
    first.commit("acme", 50);
    pushedTo(desktop, ids(1, 50));
    first.owns(false, 1);
    first.commit("acme", 1); // committed by the old owner, told to nobody
    second.owns(true, 2);
    firstDirectory.update(view("n1", "n2", 2));
    secondDirectory.update(view("n2", "n2", 2));
    until("the new owner listens", () -> second.isAttached("acme"));
    pushedTo(desktop, ids(1, 51));
    second.commit("acme", 50);
    pushedTo(desktop, ids(1, 101));
    assertThat(desktop.mostAtATime).hasValue(1);
  }

  @Test
  void twoOwnersThatPushForAMomentTellEverythingOnceAndInOrder() throws Exception {
    FakeRoom first = new FakeRoom(vertx, "n1", log, 1);
    FakeRoom second = new FakeRoom(vertx, "n2", log, 2);
    Directory former = directory("n1", "n1", 1);
    deploy(former, true, SYSTEM, Optional.empty());
    deploy(directory("n2", "n2", 2), true, SYSTEM, Optional.empty());
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    register(desktop, "i1");
    until("both listen", () -> first.isAttached("acme") && second.isAttached("acme"));
    for (int i = 0; i < 200; i++) {
      StoredEvent event = log.add("", "", 10);
      first.deliver("acme", event);
      second.deliver("acme", event);
    }
    pushedTo(desktop, ids(1, 200));
    former.update(view("n1", "n2", 2));
    second.commit("acme", 10);
    pushedTo(desktop, ids(1, 210));
    assertThat(metric("cortex_callbacks_dropped_total")).endsWith(" 0.0");
  }

  private static Directory.View view(String self, String owner, long epoch) {
    Directory.Node one = new Directory.Node("n1", NodeState.READY, "");
    Directory.Node two = new Directory.Node("n2", NodeState.READY, "");
    return new Directory.View(
        self.equals("n1") ? one : two, Map.of("n1", one, "n2", two),
        Collections.nCopies(SHARDS.shards(), owner), Collections.nCopies(SHARDS.shards(), epoch));
  }

  private static Directory directory(String self, String owner, long epoch) {
    return new Directory(SHARDS, view(self, owner, epoch));
  }
}
