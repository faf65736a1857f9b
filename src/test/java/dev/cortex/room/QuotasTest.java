package dev.cortex.room;

import static dev.cortex.room.Drafts.draft;
import static dev.cortex.room.Drafts.plain;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.Budget;
import dev.cortex.bus.Source;
import dev.cortex.bus.Source.Outbox;
import dev.cortex.config.CortexConfig.Limits;
import dev.cortex.config.OrgLimits;
import dev.cortex.event.Desktop;
import dev.cortex.event.Draft;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.room.Admission.Decision;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class QuotasTest {

  private static final long SECOND = 1_000_000_000L;
  private static final int SHARD = 3;

  @Test
  void claimedOrgStartsEmptyAndHasItsBurstOnceThatHasGathered() {
    Quotas quotas = quotas(limits(100, 200, 0, 0, 0));

    assertThat(admitted(quotas, 1, 0)).isFalse();
    assertThat(admitted(quotas, 10, SECOND / 10)).isTrue();
    assertThat(admitted(quotas, 1, SECOND / 10)).isFalse();
    assertThat(admitted(quotas, 200, SECOND / 10 + 2 * SECOND)).isTrue();
    assertThat(admitted(quotas, 1, SECOND / 10 + 2 * SECOND)).isFalse();
  }

  @Test
  void orgThatWasNotUsedSinceTheClaimHasGatheredToo() {
    Quotas quotas = quotas(limits(100, 200, 0, 0, 0));

    assertThat(admitted(quotas, 150, 3 * SECOND / 2)).isTrue();
    assertThat(admitted(quotas, 1, 3 * SECOND / 2)).isFalse();
  }

  @Test
  void roomThatMovedAwayAndBackGainsNoBurst() {
    Quotas quotas = quotas(limits(100, 200, 0, 0, 0));
    assertThat(admitted(quotas, 200, 2 * SECOND)).isTrue();

    quotas.dropped(List.of(SHARD));
    quotas.claimed(List.of(SHARD), 10 * SECOND);
    assertThat(quotas.size()).isZero();
    assertThat(admitted(quotas, 1, 10 * SECOND)).isFalse();
    assertThat(admitted(quotas, 100, 11 * SECOND)).isTrue();
  }

  @Test
  void claimOfOneShardLeavesTheOthersAlone() {
    Quotas quotas = new Quotas(limits(100, 200, 0, 0, 0), org -> org.equals("acme") ? 1 : 2, 100);
    quotas.claimed(List.of(1, 2), 0);
    quotas.admit(append("acme", 1), 2 * SECOND);
    quotas.admit(append("other", 1), 2 * SECOND);

    quotas.claimed(List.of(2), 2 * SECOND);
    assertThat(quotas.admit(append("acme", 199), 2 * SECOND).all()).isTrue();
    assertThat(quotas.admit(append("other", 1), 2 * SECOND).all()).isFalse();
  }

  @Test
  void refusedRequestIsRefusedAsAWholeCostsNothingAndLearnsWhenItFits() {
    Quotas quotas = quotas(limits(100, 200, 0, 0, 0));

    Decision decision = quotas.admit(append("acme", 50), SECOND / 4);
    assertThat(decision.outcomes(List.of())).hasSize(50).allSatisfy(outcome -> {
      assertThat(outcome.status()).isEqualTo(Outcome.Status.UNKNOWN);
      assertThat(outcome.error()).contains(ErrorCode.RATE_LIMITED);
      assertThat(outcome.message())
          .isEqualTo("limits.events_per_second: 50 events, and 25 may pass now, so many in 250 ms");
    });
    assertThat(decision.budget()).isEqualTo(new Budget(200, 25, 250));
    assertThat(admitted(quotas, 25, SECOND / 4)).isTrue();
  }

  @Test
  void requestThatNeverFitsIsRefusedForGoodAndToldHowManyDo() {
    Quotas quotas = quotas(limits(100, 200, 0, 0, 0));

    Decision decision = quotas.admit(append("acme", 201), 100 * SECOND);
    assertThat(decision.outcomes(List.of())).hasSize(201).allSatisfy(outcome -> {
      assertThat(outcome.status()).isEqualTo(Outcome.Status.REJECTED);
      assertThat(outcome.error()).contains(ErrorCode.TOO_MANY_EVENTS);
      assertThat(outcome.message()).contains("no more than 200 ever pass at once");
    });
    assertThat(decision.budget()).isEqualTo(new Budget(200, 200, 0));
  }

  @Test
  void duplicatesAndRefusedDraftsAreGivenBack() {
    Quotas quotas = quotas(limits(1, 10, 1_000, 2, 1));
    Append append = new Append("acme", List.of(
        draft("acme", "1", "s", 0, "", "{}"), draft("acme", "2", "s", 0, "", "{}"), plain("acme", "3")));
    long now = 100 * SECOND;
    for (int i = 0; i < 50; i++) {
      assertThat(quotas.admit(append, now).all()).as("repeat %d", i).isTrue();
      Budget left = quotas.settled(append, List.of(
          Outcome.duplicate("1", 1, 1),
          Outcome.refused("2", ErrorCode.SEQUENCE_CONFLICT, ""),
          Outcome.refused("3", ErrorCode.STORAGE_FULL, "")), now);
      assertThat(left).isEqualTo(new Budget(10, 10, 0));
    }
    quotas.admit(append, now);
    assertThat(quotas.settled(append, List.of(
        Outcome.accepted("1", 1, 1), Outcome.duplicate("2", 1, 1), Outcome.accepted("3", 2, 0)), now))
        .isEqualTo(new Budget(10, 8, 0));
  }

  @Test
  void appendThatWasNotTakenIntoTheQueueIsGivenBack() {
    Quotas quotas = quotas(limits(1, 10, 0, 0, 0));
    for (int i = 0; i < 50; i++) {
      assertThat(admitted(quotas, 10, 100 * SECOND)).isTrue();
      quotas.returned(append("acme", 10), 100 * SECOND);
    }
  }

  @Test
  void outboxOfWhichEverythingWasRefusedAtTheDoorCostsNothing() {
    Quotas quotas = quotas(limits(1, 10, 1_000, 1, 1));
    Outbox source = new Outbox(new Desktop("laptop", "i1"), "user u", 1, List.of(
        new Source.Refused(1, "", "", 0, Outcome.refused("r", ErrorCode.FORBIDDEN, "no"))));
    Append part = new Append("acme", List.of(), source);

    assertThat(quotas.admit(part, 100 * SECOND).all()).isTrue();
    quotas.returned(part, 100 * SECOND);
    assertThat(quotas.settled(part, List.of(source.refused().get(0).outcome()), 100 * SECOND).remaining())
        .isEqualTo(10);
  }

  @Test
  void outboxPassesAsFarAsItFitsAndNothingBehindThat() {
    Quotas quotas = quotas(limits(1, 10, 0, 1, 0));
    Outcome forbidden = Outcome.refused("r", ErrorCode.FORBIDDEN, "no");
    Outbox source = new Outbox(new Desktop("laptop", "i1"), "user u", 7, List.of(
        new Source.Refused(8, "", "", 0, forbidden), new Source.Refused(11, "", "", 0, forbidden)));
    Append part = new Append("acme", List.of(
        draft("acme", "1", "s", 1, "", "{}"), draft("acme", "2", "s", 2, "", "{}"),
        draft("acme", "3", "s", 3, "", "{}"), plain("acme", "4")), source);

    Decision decision = quotas.admit(part, 100 * SECOND);
    assertThat(decision.all()).isFalse();
    Append admitted = decision.admitted(part);
    assertThat(admitted.drafts()).extracting(Draft::id).containsExactly("1", "2");
    assertThat(admitted.source())
        .isEqualTo(new Outbox(new Desktop("laptop", "i1"), "user u", 7, List.of(source.refused().get(0))));
    List<Outcome> outcomes = decision.outcomes(
        List.of(Outcome.accepted("1", 1, 1), forbidden, Outcome.duplicate("2", 1, 2)));
    assertThat(outcomes).hasSize(6);
    assertThat(outcomes.subList(3, 6)).allSatisfy(waits ->
        assertThat(waits.error()).contains(ErrorCode.RATE_LIMITED));
    assertThat(decision.budget().retryAfterMs()).isPositive();
    assertThat(quotas.settled(admitted, outcomes.subList(0, 3), 100 * SECOND)).isEqualTo(new Budget(10, 9, 0));
  }

  @Test
  void whatTheCloudBringsCostsNothing() {
    Quotas quotas = quotas(limits(1, 10, 0, 0, 0));
    for (Source source : List.of(new Source.Cloud("acme", "l", 0, 500, false), new Source.Single())) {
      Append many = new Append("acme", append("acme", 500).drafts(), source);
      assertThat(quotas.admit(many, 100 * SECOND).all()).isTrue();
      quotas.returned(many, 100 * SECOND);
      List<Outcome> repeats = Collections.nCopies(500, Outcome.duplicate("e", 1, 0));
      assertThat(quotas.settled(many, repeats, 100 * SECOND)).isEqualTo(Budget.UNLIMITED);
    }
  }

  @Test
  void bytesAreThoseOfThePayloads() {
    Quotas quotas = quotas(limits(0, 0, 50, 0, 0));
    Append hundred = new Append("acme", List.of(draft("acme", "x", "", 0, "", "x".repeat(60)), payload(40)));

    assertThat(quotas.admit(hundred, 2 * SECOND - 1).all()).isFalse();
    Decision admitted = quotas.admit(hundred, 2 * SECOND);
    assertThat(admitted.all()).isTrue();
    assertThat(quotas.settled(hundred, List.of(Outcome.accepted("x", 1, 0), Outcome.accepted("p", 2, 0)), 2 * SECOND))
        .isEqualTo(Budget.UNLIMITED);
    Decision refused = quotas.admit(new Append("acme", List.of(payload(25))), 2 * SECOND);
    assertThat(refused.budget()).isEqualTo(new Budget(0, 0, 500));
    Decision never = quotas.admit(new Append("acme", List.of(payload(101))), 2 * SECOND);
    assertThat(never.outcomes(List.of()).get(0).message()).contains("limits.bytes_per_second: 101 bytes of payload");
  }

  @Test
  void agentsAndSessionsHaveTheirOwnBucketsAndEventsWithoutOneHaveNone() {
    Quotas quotas = quotas(limits(0, 0, 0, 4, 2));
    long now = 10 * SECOND;

    assertThat(quotas.admit(sessions("a", "s", 4), now).all()).isTrue();
    assertThat(quotas.admit(sessions("a", "s", 1), now).all()).as("session empty").isFalse();
    assertThat(quotas.admit(sessions("a", "t", 4), now).all()).isTrue();
    Decision refused = quotas.admit(sessions("a", "u", 1), now);
    assertThat(refused.outcomes(List.of()).get(0).message()).contains("limits.agent_events_per_second", "agent a");
    assertThat(refused.budget().retryAfterMs()).isEqualTo(250);
    assertThat(quotas.admit(sessions("b", "s", 4), now).all()).isTrue();
    assertThat(quotas.admit(append("acme", 500), now).all()).isTrue();
  }

  @Test
  void longestWaitIsTold() {
    Quotas quotas = quotas(limits(100, 200, 0, 0, 1));
    long now = 10 * SECOND;
    quotas.admit(append("acme", 200), now);
    quotas.admit(sessions("a", "s", 2), now + SECOND / 10);

    Decision refused = quotas.admit(sessions("a", "s", 2), now + SECOND / 10);
    assertThat(refused.budget().retryAfterMs()).isEqualTo(2_000);
    assertThat(refused.outcomes(List.of()).get(0).message()).contains("session a/s");
  }

  @Test
  void orgsDoNotShareAndOverridesHold() {
    Quotas quotas = new Quotas(
        new OrgLimits(new Limits(100, 200, 0, 0, 0, 0, 0, 0, 0, 0,
            List.of("small.burst=0", "small.events_per_second=1", "free.events_per_second=0"))),
        org -> SHARD, 100);
    quotas.claimed(List.of(SHARD), -10 * SECOND);

    assertThat(quotas.admit(append("acme", 200), 0).all()).isTrue();
    assertThat(quotas.admit(append("other", 200), 0).all()).isTrue();
    assertThat(quotas.admit(append("small", 3), 0).all()).isFalse();
    assertThat(quotas.admit(append("small", 2), 0).all()).isTrue();
    assertThat(quotas.admit(append("free", 100_000), 0).all()).isTrue();
    assertThat(quotas.size()).isEqualTo(3);
  }

  @Test
  void orgsThatAreForgottenComeBackWithNoMoreThanTheyHad() {
    Quotas quotas = new Quotas(limits(100, 200, 0, 0, 0), org -> SHARD, 10);
    quotas.claimed(List.of(SHARD), 0);
    assertThat(quotas.admit(append("acme", 200), 2 * SECOND).all()).isTrue();
    for (int i = 0; i < 50; i++) {
      quotas.admit(append("other" + i, 1), 2 * SECOND);
    }
    assertThat(quotas.size()).isEqualTo(10);
    assertThat(quotas.admit(append("acme", 1), 2 * SECOND).all()).isFalse();
    assertThat(quotas.admit(append("acme", 100), 3 * SECOND).all()).isTrue();
    assertThat(quotas.admit(append("acme", 1), 3 * SECOND).all()).isFalse();
  }

  @Test
  void orgsThatHaveFilledUpAreForgottenAndLoseNothing() {
    Quotas quotas = new Quotas(
        new OrgLimits(new Limits(100, 200, 0, 0, 0, 0, 0, 0, 0, 0,
            List.of("slow.events_per_second=1", "slow.burst=100"))),
        org -> SHARD, 1_000);
    quotas.claimed(List.of(SHARD), 0);
    for (int i = 0; i < 500; i++) {
      assertThat(quotas.admit(append("o" + i, 200), 100 * SECOND).all()).isTrue();
    }
    for (int i = 0; i < 600; i++) {
      quotas.admit(append("busy", 1), 102 * SECOND + i);
    }
    assertThat(quotas.size()).isEqualTo(1);
    assertThat(quotas.admit(append("o7", 200), 103 * SECOND).all()).isTrue();
    assertThat(quotas.admit(append("slow", 100), 103 * SECOND).all()).isTrue();
  }

  private static Quotas quotas(OrgLimits limits) {
    Quotas quotas = new Quotas(limits, org -> SHARD, 100);
    quotas.claimed(List.of(SHARD), 0);
    return quotas;
  }

  private static OrgLimits limits(int events, int burst, long bytes, int agent, int session) {
    return new OrgLimits(new Limits(events, burst, bytes, 0, 0, 0, 0, agent, session, 0, List.of()));
  }

  private static boolean admitted(Quotas quotas, int events, long nowNs) {
    return quotas.admit(append("acme", events), nowNs).all();
  }

  private static Append append(String org, int events) {
    return new Append(org, IntStream.range(0, events).mapToObj(i -> plain(org, "e" + i)).toList());
  }

  private static Draft payload(int bytes) {
    return draft("acme", "p", "", 0, "", "x".repeat(bytes));
  }

  private static Append sessions(String agent, String session, int events) {
    Draft one = draft("acme", "x", session, 0, "", "{}");
    Draft own = new Draft(
        one.id(), true, one.orgId(), one.userId(), one.type(), one.payload(), 1, agent, session, 0, "",
        one.priority(), "");
    return new Append("acme", Collections.nCopies(events, own));
  }
}
