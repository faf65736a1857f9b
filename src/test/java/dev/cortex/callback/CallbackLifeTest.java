package dev.cortex.callback;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Directory;
import dev.cortex.event.Principal;
import dev.cortex.event.Scope;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Callbacks that are renewed, changed, ended or registered elsewhere while they are pushed to. */
@Timeout(300)
final class CallbackLifeTest extends CallbackBed {

  @Test
  void rotatedSecretsBothSignForAWhile() throws Exception {
    FakeRoom room = alone();
    FakeDesktop former = new FakeDesktop(vertx, ONE);
    register(former, "i1");
    until("the room is listened to", () -> room.isAttached("acme"));
    FakeDesktop present = new FakeDesktop(vertx, TWO);
    register(present, "i1");
    until("the other place is pushed to", () -> {
      room.commit("acme", 1);
      return present.cursor > 0;
    });
    FakeDesktop.Push push = present.pushes().get(present.pushes().size() - 1);
    assertThat(push.signature().split(" ")).hasSize(2);
    assertThat(present.unverified).hasValue(0);
  }

  @Test
  void endedLeaseIsPushedToNoMore() throws Exception {
    FakeRoom room = alone();
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    Principal shortly = new Principal(
        "ann", false, Set.of("acme"), Set.of(Scope.SUBSCRIBE), List.of(), System.currentTimeMillis() + 4_000);
    register(shortly, desktop("i1"), desktop.url(), ONE, "acme");
    until("the room is listened to", () -> room.isAttached("acme"));
    until("the room is left", () -> !room.isAttached("acme"));
    until("none is left", () -> metric("cortex_callbacks").endsWith(" 0.0"));
  }

  @Test
  void registryOfAnotherNodeIsFoundWithoutBeingTold() throws Exception {
    FakeRoom room = alone();
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    await(registry.put(new Registration(
        "user ann", Set.of("acme"), desktop("i1"), List.of("acme"), desktop.url(), ONE, List.of(),
        System.currentTimeMillis() + 60_000)));
    until("the room is listened to", () -> room.isAttached("acme"));
    room.commit("acme", 3);
    pushedTo(desktop, ids(1, 3));
  }

  @Test
  void refusalOfAPushUnderAFormerSecretIsNotHeldAgainstTheNewOne() throws Exception {
    FakeRoom room = alone();
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    register(desktop, "i1");
    until("the room is listened to", () -> room.isAttached("acme"));
    desktop.mood = FakeDesktop.Mood.HOLDING;
    room.commit("acme", 1);
    until("a push is under way", () -> desktop.pushes().size() == 1);
    desktop.secret = TWO; // it was started anew
    register(desktop, "i1");
    register(new FakeDesktop(vertx, ONE), "i2");
    until("what was registered before the second is known", () -> metric("cortex_callbacks").endsWith(" 2.0"));
    desktop.mood = FakeDesktop.Mood.WELL;
    desktop.release(401);
    pushedTo(desktop, ids(1, 1));
    assertThat(desktop.pushes()).allMatch(push -> push.id().equals(desktop.pushes().get(0).id()));
    assertThat(metric("cortex_callbacks_dropped_total")).endsWith(" 0.0");
  }

  @Test
  void renewalLeavesAPushThatIsUnderWayAlone() throws Exception {
    FakeRoom room = alone();
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    register(desktop, "i1");
    until("the room is listened to", () -> room.isAttached("acme"));
    desktop.mood = FakeDesktop.Mood.HOLDING;
    room.commit("acme", 3);
    until("a push is under way", () -> desktop.pushes().size() == 1);
    register(desktop, "i1");
    register(new FakeDesktop(vertx, ONE), "i2");
    until("what was registered before the second is known", () -> metric("cortex_callbacks").endsWith(" 2.0"));
    assertThat(desktop.pushes()).hasSize(1);
    desktop.mood = FakeDesktop.Mood.WELL;
    desktop.release(503);
    pushedTo(desktop, ids(1, 3));
  }

  @Test
  void endedLeaseIsPushedToNoMoreEvenBeforeSomebodyLooksAfterIt() throws Exception {
    expireMs = 3_600_000;
    FakeRoom room = alone();
    FakeDesktop brief = new FakeDesktop(vertx, ONE);
    FakeDesktop lasting = new FakeDesktop(vertx, ONE);
    put(brief, "i1", 120_000);
    put(lasting, "i2", 600_000);
    until("both are there", () -> metric("cortex_callbacks").endsWith(" 2.0") && room.isAttached("acme"));
    room.commit("acme", 1);
    pushedTo(brief, ids(1, 1));
    pushedTo(lasting, ids(1, 1));
    aheadMs = 150_000;
    room.commit("acme", 5);
    pushedTo(lasting, ids(1, 6));
    assertThat(brief.applied()).isEqualTo(ids(1, 1));
    aheadMs = 0;
    put(brief, "i1", 600_000);
    pushedTo(brief, ids(1, 6));
  }

  private void put(FakeDesktop desktop, String install, long leaseMs) throws Exception {
    await(registry.put(new Registration(
        "user ann", Set.of("acme"), desktop(install), List.of("acme"), desktop.url(), ONE, List.of(),
        System.currentTimeMillis() + leaseMs)));
  }

  @Test
  void whatTheRegistrySaysAfterTheStopIsPushedToNobody() throws Exception {
    CountingConnector connector = new CountingConnector();
    Directory directory = Directory.alone("n1", SHARDS);
    Pushes pushes = pushes(connector, directory);
    Callback row = new Callback(
        "acme", "c1", "user ann", desktop("i1"), SHARDS.shardOf("acme"), "http://127.0.0.1:1/", ONE, "", 0, List.of(),
        Long.MAX_VALUE, 1);
    onLoop(() -> {
      pushes.apply(row);
      assertThat(pushes.size()).isEqualTo(1);
      pushes.close();
      pushes.apply(row);
      assertThat(pushes.size()).isZero();
    });
    assertThat(connector.connected()).isEmpty();
  }
}
