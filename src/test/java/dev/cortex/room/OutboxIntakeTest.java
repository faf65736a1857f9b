package dev.cortex.room;

import static dev.cortex.room.Drafts.draft;
import static dev.cortex.room.Drafts.inSession;
import static dev.cortex.room.Drafts.plain;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Source;
import dev.cortex.bus.Source.Outbox;
import dev.cortex.event.Desktop;
import dev.cortex.event.Draft;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.KeyHash;
import dev.cortex.event.LeftOut;
import dev.cortex.event.Outcome;
import dev.cortex.event.Outcome.Status;
import dev.cortex.log.NewEvent;
import dev.cortex.log.OutboxRow;
import dev.cortex.log.SessionRef;
import dev.cortex.log.SessionRow;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class OutboxIntakeTest {

  private static final Desktop LAPTOP = new Desktop("laptop", "i1");
  private static final Desktop TOWER = new Desktop("tower", "i1");
  private static final SessionRef SESSION = new SessionRef("acme", "a", "s");

  private final IntakeTester org = new IntakeTester();

  @Test
  void numbersAreTakenOneByOneAndTheMarkMovesToTheLast() {
    List<Outcome> outcomes = org.take(from(1), plain("acme", "x"), plain("acme", "y"));

    assertThat(outcomes).containsExactly(Outcome.accepted("x", 1, 0), Outcome.accepted("y", 2, 0));
    assertThat(org.mark(LAPTOP)).isEqualTo(2);
    assertThat(org.row(LAPTOP).hash()).isEqualTo(KeyHash.hashed("y"));
  }

  @Test
  void whatIsTakenCameFromTheDesktopAndIsInNoOutboxHere() {
    org.add(from(1), plain("acme", "x").from("somebody/else"));

    NewEvent event = org.append().orElseThrow().events().get(0);
    assertThat(event.draft().origin()).isEqualTo("laptop/i1");
    assertThat(event.outboxNumber()).isZero();
  }

  @Test
  void repeatedNumbersAreDuplicatesWithThePlaceOfTheirEvents() {
    org.take(from(1), inSession("x", 1), inSession("y", 2));

    org.add(from(1), inSession("x", 1), inSession("y", 2));
    assertThat(org.append()).as("nothing moves").isEmpty();
    assertThat(org.take(from(1), inSession("x", 1), inSession("y", 2), inSession("z", 3))).containsExactly(
        Outcome.duplicate("x", 1, 1), Outcome.duplicate("y", 2, 2), Outcome.accepted("z", 3, 3));
  }

  @Test
  void repeatedNumbersWhoseKeysAreForgottenAreDuplicatesAllTheSame() {
    org.taken(LAPTOP, 9, "x9");

    assertThat(org.take(from(8), plain("acme", "x8"), plain("acme", "x9"), plain("acme", "x10"))).containsExactly(
        Outcome.duplicate("x8", 0, 0), Outcome.duplicate("x9", 0, 0), Outcome.accepted("x10", 1, 0));
  }

  @Test
  void numberThatSkipsOthersIsAGapAndNamesTheExpectedOne() {
    org.taken(LAPTOP, 9, "x9");

    List<Outcome> outcomes = org.take(from(11), plain("acme", "x"), plain("acme", "y"));
    assertThat(outcomes).extracting(outcome -> outcome.error().orElseThrow())
        .containsExactly(ErrorCode.OUTBOX_GAP, ErrorCode.OUTBOX_GAP);
    assertThat(outcomes.get(0).message()).contains("expected 10");
    assertThat(org.mark(LAPTOP)).isEqualTo(9);
  }

  @Test
  void anotherEventAtTheMarkIsAnotherOutboxByTheSameName() {
    org.taken(LAPTOP, 9, "x9");

    assertThat(codes(org.take(from(9), plain("acme", "other"), plain("acme", "y"))))
        .containsExactly(ErrorCode.OUTBOX_GAP, ErrorCode.OUTBOX_GAP);
    assertThat(org.keys).isEmpty();
  }

  @Test
  void desktopsAndTheirIncarnationsCountForThemselves() {
    org.add(from(1), plain("acme", "x"));
    org.add(new Outbox(TOWER, "user u", 1, List.of()), plain("acme", "y"));
    org.add(new Outbox(new Desktop("laptop", "i2"), "user u", 1, List.of()), plain("acme", "z"));
    org.commit();

    assertThat(org.mark(LAPTOP)).isEqualTo(1);
    assertThat(org.mark(TOWER)).isEqualTo(1);
    assertThat(org.mark(new Desktop("laptop", "i2"))).isEqualTo(1);
  }

  @Test
  void outboxIsThatOfWhoeverSentItFirst() {
    org.take(from(1), plain("acme", "x"));
    Outbox stranger = new Outbox(LAPTOP, "user other", 2, List.of());
    Outbox namesake = new Outbox(LAPTOP, "service u", 1, List.of());

    assertThat(codes(org.take(stranger, plain("acme", "forged")))).containsExactly(ErrorCode.OUTBOX_GAP);
    assertThat(codes(org.take(namesake, plain("acme", "x")))).containsExactly(ErrorCode.OUTBOX_GAP);
    assertThat(org.mark(LAPTOP)).isEqualTo(1);
    assertThat(org.take(from(2), plain("acme", "y"))).containsExactly(Outcome.accepted("y", 2, 0));
  }

  @Test
  void partsOfOneOutboxInOneBatchFollowEachOther() {
    org.add(from(1), plain("acme", "x"));
    assertThat(org.add(from(1), plain("acme", "x"), plain("acme", "y")))
        .containsExactly(new Verdict.RepeatOf("x", 0), new Verdict.Numbered(1));
    assertThat(codes(org.take(from(4), plain("acme", "z")))).containsExactly(ErrorCode.OUTBOX_GAP);
    assertThat(org.mark(LAPTOP)).isEqualTo(2);
  }

  @Test
  void eventThatIsHereAlreadyIsADuplicateAndUsesItsNumber() {
    org.take(Source.PRODUCERS, draft("acme", "x", "", 0, "k", "{}"));

    assertThat(org.take(from(1), draft("acme", "y", "", 0, "k", "{}"), plain("acme", "x2")))
        .containsExactly(Outcome.duplicate("y", 1, 0), Outcome.accepted("x2", 2, 0));
    assertThat(org.mark(LAPTOP)).isEqualTo(2);
  }

  @Test
  void duplicateIsAnsweredOnlyWithTheCommitThatMovesTheMark() {
    org.take(Source.PRODUCERS, plain("acme", "x"));

    assertThat(org.add(from(1), plain("acme", "x")))
        .containsExactly(new Verdict.Dependent(Outcome.duplicate("x", 1, 0)));
    assertThat(org.append().orElseThrow().events()).isEmpty();
    assertThat(org.append().orElseThrow().noted().outboxes()).hasSize(1);
  }

  @Test
  void refusalIsRememberedUntilTheDesktopKnowsIt() {
    org.take(Source.PRODUCERS, plain("acme", "x"));
    Draft different = draft("acme", "x", "", 0, "", "{\"n\":1}");

    List<Outcome> first = org.take(from(1), different, plain("acme", "y"));
    assertThat(first.get(0).error()).contains(ErrorCode.IDEMPOTENCY_CONFLICT);
    assertThat(first.get(1).status()).isEqualTo(Status.ACCEPTED);
    assertThat(org.mark(LAPTOP)).isEqualTo(2);

    List<Outcome> again = org.take(from(1), different, plain("acme", "y"));
    assertThat(again.get(0)).isEqualTo(first.get(0));
    assertThat(again.get(1)).isEqualTo(Outcome.duplicate("y", 2, 0));

    org.take(from(2), plain("acme", "y"), plain("acme", "z"));
    assertThat(org.row(LAPTOP).refusals()).isEmpty();
  }

  @Test
  void refusalAtTheDoorUsesItsNumberInItsTurn() {
    Outcome tooLarge = Outcome.refused("y", ErrorCode.PAYLOAD_TOO_LARGE, "too large");
    Outbox source = new Outbox(LAPTOP, "user u", 1, List.of(new Source.Refused(2, "", "", 0, tooLarge)));

    assertThat(org.take(source, plain("acme", "x"), plain("acme", "z")))
        .containsExactly(Outcome.accepted("x", 1, 0), tooLarge, Outcome.accepted("z", 2, 0));
    assertThat(org.mark(LAPTOP)).isEqualTo(3);
    assertThat(org.row(LAPTOP).refusals())
        .containsExactly(new OutboxRow.Refusal(2, "y", "payload_too_large", "too large"));
    assertThat(org.take(source, plain("acme", "x"), plain("acme", "z")).get(1)).isEqualTo(tooLarge);
  }

  @Test
  void whatHasToWaitEndsTheAppendAndEverythingBehindItWaitsToo() {
    org.storedBytesMax = 4;

    List<Outcome> outcomes = org.take(
        from(1), plain("acme", "x"), plain("acme", "y"), plain("acme", "z"), plain("acme", "x"));
    assertThat(outcomes).extracting(Outcome::status)
        .containsExactly(Status.ACCEPTED, Status.ACCEPTED, Status.UNKNOWN, Status.UNKNOWN);
    assertThat(outcomes.get(3).error()).contains(ErrorCode.QUOTA_EXCEEDED);
    assertThat(org.mark(LAPTOP)).isEqualTo(2);
  }

  @Test
  void sessionKeepsTheSequencesItHasAndItsHomeIsTheDesktop() {
    assertThat(org.take(from(1), inSession("x", 5), inSession("y", 6), inSession("z", 9), inSession("w", 0)))
        .extracting(Outcome::sequence).containsExactly(5L, 6L, 9L, 10L);
    assertThat(org.sessions.get(SESSION)).isEqualTo(new SessionRow(SESSION, "laptop", 4, 10));
  }

  @Test
  void sessionOfTheCloudOrOfAnotherDesktopIsRefusedAndLeftAsItIs() {
    org.sessions.put(SESSION, new SessionRow(SESSION, "", 9, 4));
    assertThat(codes(org.take(from(1), inSession("x", 5)))).containsExactly(ErrorCode.SESSION_ELSEWHERE);
    assertThat(org.sessions.get(SESSION)).isEqualTo(new SessionRow(SESSION, "", 9, 4));

    org.sessions.put(SESSION, new SessionRow(SESSION, "tower", 9, 4));
    List<Outcome> outcomes = org.take(from(2), inSession("y", 5));
    assertThat(codes(outcomes)).containsExactly(ErrorCode.SESSION_ELSEWHERE);
    assertThat(outcomes.get(0).message()).contains("tower");
    assertThat(org.sessions.get(SESSION).held()).isZero();
  }

  @Test
  void publishToTheSessionOfADesktopIsRefusedAndNamesIt() {
    org.take(from(1), inSession("x", 1));

    Outcome refused = org.take(Source.PRODUCERS, inSession("y", 2)).get(0);
    assertThat(refused.error()).contains(ErrorCode.SESSION_ELSEWHERE);
    assertThat(refused.message()).contains("laptop");
  }

  @Test
  void usedSequenceOfAnotherEventIsRefusedAndHoldsNothingUp() {
    org.take(from(1), inSession("x", 1), inSession("y", 2));

    assertThat(codes(org.take(from(3), inSession("other", 2)))).containsExactly(ErrorCode.SEQUENCE_CONFLICT);
    assertThat(org.sessions.get(SESSION).held()).isZero();
    assertThat(org.take(from(4), inSession("z", 3)).get(0).status()).isEqualTo(Status.ACCEPTED);
  }

  @Test
  void markOfAnEventThatWasLeftOutIsSettledWhereItsPlaceWasPassed() {
    org.take(from(1), inSession("x", 1), inSession("y", 2));
    assertThat(codes(org.take(from(3), inSession("other", 2)))).containsExactly(ErrorCode.SEQUENCE_CONFLICT);
    Draft mark = LeftOut.of(inSession("other", 2), "sequence_conflict");

    assertThat(org.take(from(4), mark, inSession("z", 3)))
        .containsExactly(Outcome.duplicate(mark.id(), 2, 2), Outcome.accepted("z", 3, 3));
    assertThat(org.mark(LAPTOP)).isEqualTo(5);
    assertThat(org.row(LAPTOP).refusals()).isEmpty();
  }

  @Test
  void sessionWaitsForAnEventThatWasRefusedInItsTurnAndNoOtherSessionDoes() {
    org.take(from(1), inSession("x", 1));
    Outbox refused = new Outbox(LAPTOP, "user u", 2, List.of(new Source.Refused(
        2, "a", "s", 2, Outcome.refused("y", ErrorCode.PAYLOAD_TOO_LARGE, "too large"))));

    List<Outcome> outcomes = org.take(refused, inSession("z", 3), draft("acme", "o", "other", 1, "", "{}"));
    assertThat(outcomes.get(1).error()).contains(ErrorCode.SEQUENCE_CONFLICT);
    assertThat(outcomes.get(1).message()).contains("sequence 2 has to come first");
    assertThat(outcomes.get(2).status()).isEqualTo(Status.ACCEPTED);
    assertThat(org.sessions.get(SESSION)).isEqualTo(new SessionRow(SESSION, "laptop", 1, 1, 2));

    assertThat(codes(org.take(from(5), inSession("z", 3)))).containsExactly(ErrorCode.SEQUENCE_CONFLICT);
    assertThat(org.take(from(6), inSession("y", 2), inSession("z", 3)))
        .extracting(Outcome::status).containsOnly(Status.ACCEPTED);
    assertThat(org.sessions.get(SESSION)).isEqualTo(new SessionRow(SESSION, "laptop", 4, 3, 4));
  }

  @Test
  void nothingOvertakesWhatWasRefusedBehindARefusedEvent() {
    org.sessions.put(SESSION, new SessionRow(SESSION, "laptop", 1, 1, 2));

    List<Outcome> outcomes = org.take(from(1),
        inSession("z", 3), inSession("y", 2), inSession("w", 4), inSession("z", 3), inSession("w", 4));
    assertThat(outcomes).extracting(Outcome::status).containsExactly(
        Status.REJECTED, Status.ACCEPTED, Status.REJECTED, Status.ACCEPTED, Status.ACCEPTED);
  }

  @Test
  void sessionWhoseFirstEventIsRefusedWaitsForThatOne() {
    Outbox refused = new Outbox(LAPTOP, "user u", 1, List.of(new Source.Refused(
        1, "a", "s", 4, Outcome.refused("x", ErrorCode.FORBIDDEN, "no"))));

    assertThat(codes(org.take(refused, inSession("y", 5))))
        .containsExactly(ErrorCode.FORBIDDEN, ErrorCode.SEQUENCE_CONFLICT);
    assertThat(org.sessions.get(SESSION)).isEqualTo(new SessionRow(SESSION, "laptop", 0, 3, 4));
    assertThat(org.take(from(3), inSession("x", 4), inSession("y", 5)))
        .extracting(Outcome::status).containsOnly(Status.ACCEPTED);
  }

  @Test
  void refusalsAloneAreCommittedToo() {
    org.add(new Outbox(LAPTOP, "user u", 1, List.of(
        new Source.Refused(1, "", "", 0, Outcome.refused("x", ErrorCode.INVALID_EVENT, "no")))));

    assertThat(org.append()).isPresent();
    assertThat(org.append().orElseThrow().events()).isEmpty();
    assertThat(org.append().orElseThrow().noted().outboxes().get(0).number()).isEqualTo(1);
  }

  private static Outbox from(long first) {
    return new Outbox(LAPTOP, "user u", first, List.of());
  }

  private static List<ErrorCode> codes(List<Outcome> outcomes) {
    return outcomes.stream().map(outcome -> outcome.error().orElseThrow()).toList();
  }
}
