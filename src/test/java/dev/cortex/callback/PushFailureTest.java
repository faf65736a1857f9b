package dev.cortex.callback;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Callbacks that fail: asked again, less and less, and held up by nobody. */
@Timeout(300)
final class PushFailureTest extends CallbackBed {

  @Test
  void failedPushIsRepeatedUnderItsNameAndHoldsUpNobodyElse() throws Exception {
    timeoutMs = 3_000;
    FakeRoom room = alone();
    FakeDesktop failing = new FakeDesktop(vertx, ONE);
    FakeDesktop hanging = new FakeDesktop(vertx, ONE);
    FakeDesktop well = new FakeDesktop(vertx, ONE);
    register(failing, "i1");
    register(hanging, "i2");
    register(well, "i3");
    until("the room is listened to", () -> metric("cortex_callbacks").endsWith(" 3.0") && room.isAttached("acme"));
    failing.mood = FakeDesktop.Mood.REFUSING;
    hanging.mood = FakeDesktop.Mood.HANGING;
    room.commit("acme", 5);
    pushedTo(well, ids(1, 5));
    until("it was tried again", () -> failing.pushes().size() >= 3);
    failing.mood = FakeDesktop.Mood.WELL;
    pushedTo(failing, ids(1, 5));
    List<FakeDesktop.Push> pushes = failing.pushes();
    FakeDesktop.Push first = pushes.get(0);
    assertThat(pushes.stream().filter(push -> push.id().equals(first.id())).count()).isGreaterThanOrEqualTo(3);
    assertThat(pushes.stream().filter(push -> push.id().equals(first.id())))
        .allMatch(push -> push.through() == first.through() && push.events().equals(first.events()));
    room.commit("acme", 5);
    pushedTo(well, ids(1, 10));
    pushedTo(failing, ids(1, 10));
    hanging.mood = FakeDesktop.Mood.WELL;
    pushedTo(hanging, ids(1, 10));
  }

  @Test
  void answersThatAreNoneAreFailures() throws Exception {
    FakeRoom room = alone();
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    register(desktop, "i1");
    until("the room is listened to", () -> room.isAttached("acme"));
    for (FakeDesktop.Mood mood : List.of(FakeDesktop.Mood.REDIRECTING, FakeDesktop.Mood.CHATTERING)) {
      desktop.mood = mood;
      int before = desktop.pushes().size();
      room.commit("acme", 1);
      until("it was tried again", () -> desktop.pushes().size() >= before + 2);
      desktop.mood = FakeDesktop.Mood.WELL;
      long head = log.head();
      until("it goes on", () -> desktop.cursor == head);
    }
    assertThat(desktop.applied()).isEqualTo(ids(1, 2));
  }

  @Test
  void deadCallbackIsLeftAloneUntilItRegistersAgain() throws Exception {
    FakeRoom room = alone();
    FakeDesktop gone = new FakeDesktop(vertx, ONE);
    FakeDesktop broken = new FakeDesktop(vertx, ONE);
    register(gone, "i1");
    register(broken, "i2");
    until("the room is listened to", () -> metric("cortex_callbacks").endsWith(" 2.0") && room.isAttached("acme"));
    gone.mood = FakeDesktop.Mood.REFUSING;
    gone.status = 410;
    broken.mood = FakeDesktop.Mood.REFUSING;
    room.commit("acme", 1);
    until("both are given up", () -> metric("cortex_callbacks_dropped_total").endsWith(" 2.0"));
    assertThat(gone.pushes()).hasSize(1);
    assertThat(broken.pushes()).hasSize(10);
    gone.mood = FakeDesktop.Mood.WELL;
    broken.mood = FakeDesktop.Mood.WELL;
    FakeDesktop witness = new FakeDesktop(vertx, ONE);
    register(witness, "i3");
    until("the witness is there", () -> metric("cortex_callbacks").endsWith(" 3.0"));
    room.commit("acme", 3);
    until("the witness was pushed to", () -> witness.cursor == 4);
    assertThat(gone.pushes()).hasSize(1);
    assertThat(broken.pushes()).hasSize(10);
    register(gone, "i1");
    register(broken, "i2");
    pushedTo(gone, ids(1, 4));
    pushedTo(broken, ids(1, 4));
  }
}
