package dev.cortex.callback;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.event.Principal;
import dev.cortex.event.Scope;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Callbacks that are renewed, changed, ended or registered elsewhere while they are pushed to. */
@Timeout(90)
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
        "ann", false, Set.of("acme"), Set.of(Scope.SUBSCRIBE), List.of(), System.currentTimeMillis() + 700);
    register(shortly, desktop("i1"), desktop.url(), ONE, "acme");
    until("the room is listened to", () -> room.isAttached("acme"));
    until("the room is left", () -> !room.isAttached("acme"));
    assertThat(metric("cortex_callbacks")).endsWith(" 0.0");
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
}
