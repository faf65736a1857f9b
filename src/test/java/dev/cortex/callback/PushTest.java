package dev.cortex.callback;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.event.ChannelPattern;
import dev.cortex.event.Principal;
import dev.cortex.event.Scope;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a desktop is told, from where, and in what order. */
@Timeout(300)
final class PushTest extends CallbackBed {

  @Test
  void eventsArePushedOnceInOrderAndOneRequestAtATime() throws Exception {
    FakeRoom room = alone();
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    register(desktop, "i1");
    until("the room is listened to", () -> room.isAttached("acme"));
    room.commit("acme", 1);
    pushedTo(desktop, ids(1, 1));
    int reads = room.reads();
    for (int i = 1; i < 300; i++) {
      room.commit("acme", 1);
    }
    pushedTo(desktop, ids(1, 300));
    room.commit("acme", 700);
    pushedTo(desktop, ids(1, 1_000));
    assertThat(desktop.mostAtATime).hasValue(1);
    assertThat(desktop.cursor).isEqualTo(1_000);
    List<String> told = desktop.pushes().stream().flatMap(push -> push.events().stream()).toList();
    assertThat(told).isEqualTo(ids(1, 1_000));
    assertThat(desktop.pushes()).allMatch(push -> push.events().size() <= 500);
    assertThat(room.reads()).as("what is new needs no read").isEqualTo(reads);
    until("the room knows that all was taken over", room::isCovered);
    until("all is counted", () -> metric("cortex_callback_events_total").endsWith(" 1000.0"));
  }

  @Test
  void ownAndForbiddenEventsAreLeftOutAndCovered() throws Exception {
    FakeRoom room = alone();
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    Principal narrow = new Principal(
        "ann", false, Set.of("acme"), Set.of(Scope.SUBSCRIBE),
        List.of(ChannelPattern.parse("acme:planner").orElseThrow()), Long.MAX_VALUE);
    register(narrow, desktop("i1"), desktop.url(), ONE, "acme");
    until("the room is listened to", () -> room.isAttached("acme"));
    room.commit("acme", "planner", "", 10);
    room.commit("acme", "coder", "", 10);
    room.commit("acme", "planner", "i1/inc-1", 10);
    room.commit("acme", "", "", 10);
    room.commit("acme", "planner", "i1/inc-0", 10);
    room.commit("acme", "planner", "i2/inc-1", 10);
    pushedTo(desktop, List.of("e1", "e5", "e6"));
    until("all is covered", () -> desktop.cursor == 6);
    room.commit("acme", "coder", "", 10);
    room.commit("acme", "planner", "i1/inc-1", 10);
    room.commit("acme", "planner", "", 10);
    pushedTo(desktop, List.of("e1", "e5", "e6", "e9"));
    FakeDesktop.Push last = desktop.pushes().get(desktop.pushes().size() - 1);
    assertThat(last.after()).isEqualTo(6);
    assertThat(last.through()).isEqualTo(9);
  }

  @Test
  void desktopThatStandsElsewhereIsPushedFromThere() throws Exception {
    FakeRoom room = alone();
    room.commit("acme", 1_200);
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    desktop.cursor = 100;
    register(desktop, "i1");
    until("the room is listened to", () -> room.isAttached("acme"));
    room.commit("acme", 1);
    pushedTo(desktop, ids(101, 1_201));
    desktop.cursor = 1_210; // it polled
    room.commit("acme", 20);
    until("it is at the head", () -> desktop.cursor == 1_221);
  }

  @Test
  void desktopThatSaysToBeAheadOfTheLogIsAskedAgain() throws Exception {
    FakeRoom room = alone();
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    desktop.cursor = 1_000_000;
    register(desktop, "i1");
    until("the room is listened to", () -> room.isAttached("acme"));
    room.commit("acme", 1);
    until("it says where it stands", () -> !desktop.pushes().isEmpty());
    desktop.cursor = 1;
    pushedAgain(room, desktop);
    assertThat(metric("cortex_callbacks_dropped_total")).endsWith(" 0.0");
  }

  @Test
  void largeEventsGoInSeveralPushes() throws Exception {
    FakeRoom room = alone();
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    desktop.mood = FakeDesktop.Mood.REFUSING;
    register(user("ann", "acme"), desktop("i1"), well(desktop), ONE, "acme");
    until("the room is listened to", () -> room.isAttached("acme"));
    desktop.mood = FakeDesktop.Mood.REFUSING;
    for (int i = 0; i < 60; i++) {
      room.commit("acme", "", "", 60_000);
    }
    desktop.mood = FakeDesktop.Mood.WELL;
    pushedTo(desktop, ids(1, 60));
    assertThat(desktop.pushes()).allMatch(push -> push.events().size() <= 17);
  }

  @Test
  void desktopWithoutACursorIsAskedSeldomUntilItHasOne() throws Exception {
    FakeRoom room = alone();
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    desktop.logId = "";
    register(desktop, "i1");
    until("the room is listened to", () -> room.isAttached("acme"));
    room.commit("acme", 1);
    until("it was asked", () -> !desktop.pushes().isEmpty());
    desktop.logId = log.logId();
    desktop.cursor = log.head(); // it polled
    pushedAgain(room, desktop);
  }

  @Test
  void whatWasTrimmedIsLeftToThePoll() throws Exception {
    FakeRoom room = alone();
    room.commit("acme", 100);
    log.trim(50);
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    desktop.cursor = 10;
    register(desktop, "i1");
    until("it says where it stands", () -> !desktop.pushes().isEmpty());
    desktop.cursor = 100; // it polled, and began anew
    pushedAgain(room, desktop);
    assertThat(desktop.applied()).doesNotContain("e11");
  }

  @Test
  void otherIncarnationOfTheLogIsPushedFromItsBeginning() throws Exception {
    FakeRoom room = alone();
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    register(desktop, "i1");
    until("the room is listened to", () -> room.isAttached("acme"));
    room.commit("acme", 3);
    pushedTo(desktop, ids(1, 3));
    log.restore();
    desktop.logId = log.logId();
    desktop.cursor = 0;
    pushedAgain(room, desktop);
  }

  /** It is asked now and then, as long as something happens; then nothing more does, and it comes to the head. */
  private void pushedAgain(FakeRoom room, FakeDesktop desktop) throws Exception {
    long before = desktop.cursor;
    until("it is pushed to again", () -> {
      room.commit("acme", 1);
      return desktop.cursor > before;
    });
    until("it is at the head", () -> desktop.cursor == log.head());
  }

  private static String well(FakeDesktop desktop) {
    desktop.mood = FakeDesktop.Mood.WELL;
    return desktop.url();
  }
}
