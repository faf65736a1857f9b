package dev.cortex.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Message.Appended;
import dev.cortex.bus.Message.Budget;
import dev.cortex.config.CortexConfig.Limits;
import dev.cortex.config.OrgLimits;
import dev.cortex.event.Draft;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.event.Priority;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RefusalsTest {

  private static final long SECOND = 1_000_000_000L;

  private final Refusals refusals = new Refusals(
      new OrgLimits(new Limits(100, 200, 0, 0, 0, 0, 0, 0, 0, 0, List.of("free.events_per_second=0"))), 10);

  @Test
  void nothingIsRefusedBeforeARoomDid() {
    refusals.answered("acme", new Budget(200, 0, 0), 0);

    assertThat(refusals.answer("acme", drafts(200), 0)).isEmpty();
  }

  @Test
  void whatCannotHaveGatheredIsRefusedAsTheRoomWould() {
    refusals.answered("acme", new Budget(200, 20, 800), 0);

    Appended refused = refusals.answer("acme", drafts(100), SECOND / 10).orElseThrow();
    assertThat(refused.budget()).isEqualTo(new Budget(200, 30, 700));
    assertThat(refused.outcomes()).hasSize(100).allSatisfy(one -> {
      assertThat(one.error()).contains(ErrorCode.RATE_LIMITED);
      assertThat(one.status()).isEqualTo(Outcome.Status.UNKNOWN);
      assertThat(one.message()).isEqualTo(
          "limits.events_per_second: 100 events, and 30 may pass now, so many in 700 ms");
    });
  }

  @Test
  void whatMayHaveGatheredIsForTheRoomToSay() {
    refusals.answered("acme", new Budget(200, 20, 800), 0);

    assertThat(refusals.answer("acme", drafts(30), SECOND / 10)).isEmpty();
    assertThat(refusals.answer("acme", drafts(31), SECOND / 10)).isPresent();
    assertThat(refusals.answer("acme", drafts(100), 8 * SECOND / 10 - 1)).isPresent();
    assertThat(refusals.answer("acme", drafts(100), 8 * SECOND / 10)).isEmpty();
  }

  @Test
  void whatNeverFitsIsForTheRoomToSay() {
    refusals.answered("acme", new Budget(200, 0, 800), 0);

    assertThat(refusals.answer("acme", drafts(201), 0)).isEmpty();
  }

  @Test
  void otherOrgsAndOrgsWithoutARateAreNotRefused() {
    refusals.answered("acme", new Budget(200, 0, 800), 0);
    refusals.answered("free", new Budget(0, 0, 800), 0);

    assertThat(refusals.answer("other", drafts(1), 0)).isEmpty();
    assertThat(refusals.answer("free", drafts(1), 0)).isEmpty();
  }

  @Test
  void refusalOfASessionRefusesNoOther() {
    refusals.answered("acme", new Budget(200, 150, 5_000), 0);

    assertThat(refusals.answer("acme", drafts(150), 1)).isEmpty();
  }

  @Test
  void onlySoManyOrgsAreKnown() {
    for (int i = 0; i < 50; i++) {
      refusals.answered("o" + i, new Budget(200, 0, 800), 0);
    }
    long known = IntStream.range(0, 50).filter(i -> refusals.answer("o" + i, drafts(1), 0).isPresent()).count();
    assertThat(known).isEqualTo(10);
    assertThat(refusals.answer("o49", drafts(1), 0)).isPresent();
    assertThat(refusals.answer("o49", drafts(1), 2 * SECOND)).isEqualTo(Optional.empty());
  }

  private static List<Draft> drafts(int count) {
    return IntStream.range(0, count).mapToObj(i -> new Draft(
        "e" + i, true, "acme", "u", "t", new byte[] {'{', '}'}, 1, "", "", 0, "", Priority.STANDARD, "")).toList();
  }
}
