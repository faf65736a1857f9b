package dev.cortex.room;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Message.Append;
import dev.cortex.event.Draft;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class AppendQueueTest {

  private final AppendQueue<String> queue = new AppendQueue<>(40, 1 << 20);

  @Test
  void orgsTakeTurnsHoweverLongTheirLines() {
    offer("big", 3, "b1");
    offer("big", 3, "b2");
    offer("big", 3, "b3");
    offer("small", 1, "s1");

    assertThat(take(4)).containsExactly("b1", "s1");
    assertThat(take(4)).containsExactly("b2", "b3");
    assertThat(queue.isEmpty()).isTrue();
    assertThat(queue.events()).isZero();
  }

  @Test
  void aBatchStartsWithTheOrgThatWaitedLongest() {
    offer("a", 1, "a1");
    offer("b", 1, "b1");
    offer("a", 1, "a2");

    assertThat(take(1)).containsExactly("a1");
    assertThat(take(1)).containsExactly("b1");
  }

  @Test
  void oneOrgCannotFillTheQueue() {
    int taken = 0;
    while (offer("big", 1, "b")) {
      taken++;
    }

    assertThat(taken).isEqualTo(10);
    assertThat(offer("small", 5, "s")).isTrue();
  }

  @Test
  void aFullQueueStillTakesOneAppendOfAnOrgThatWaitsForNothing() {
    for (int org = 0; org < 4; org++) {
      assertThat(offer("org" + org, 10, "x")).isTrue();
    }

    assertThat(offer("org0", 1, "x")).isFalse();
    assertThat(offer("new", 1, "x")).isTrue();
    int more = 0;
    while (offer("more" + more, 1, "x")) {
      more++;
    }
    assertThat(queue.events()).isEqualTo(80);
  }

  @Test
  void oneGiantLeavesRoomForOrgsThatHaveNothingWaiting() {
    AppendQueue<String> narrow = new AppendQueue<>(400, 100);

    assertThat(narrow.offer(append("giant", 30), "giant")).isTrue();
    assertThat(narrow.offer(append("giant", 1), "giant")).isFalse();
    assertThat(narrow.offer(append("calm", 1), "calm")).isTrue();
  }

  @Test
  void bytesThatWaitAreBounded() {
    AppendQueue<String> narrow = new AppendQueue<>(400, 100);
    int taken = 0;
    while (narrow.offer(append("org" + taken, 1), "x")) {
      taken++;
    }

    assertThat(taken).isEqualTo(4);
    assertThat(narrow.take(1, 1)).hasSize(1);
    assertThat(narrow.offer(append("next", 1), "x")).isTrue();
  }

  private boolean offer(String org, int events, String caller) {
    return queue.offer(append(org, events), caller);
  }

  private List<String> take(int events) {
    return queue.take(events, Long.MAX_VALUE).stream().map(AppendQueue.Waiting::caller).toList();
  }

  private static Append append(String org, int events) {
    List<Draft> drafts = new ArrayList<>();
    for (int i = 0; i < events; i++) {
      drafts.add(Drafts.plain(org, "x" + i));
    }
    return new Append(org, drafts);
  }
}
