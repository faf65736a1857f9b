package dev.cortex.room;

import static dev.cortex.room.Drafts.draft;
import static dev.cortex.room.Drafts.inSession;
import static dev.cortex.room.Drafts.plain;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Source;
import dev.cortex.bus.Source.Cloud;
import dev.cortex.event.Desktop;
import dev.cortex.event.Draft;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.event.Outcome.Status;
import dev.cortex.event.Position;
import dev.cortex.log.NewEvent;
import dev.cortex.log.SessionRef;
import dev.cortex.log.SessionRow;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class CloudIntakeTest {

  private static final String LOG = "cloudcloudclo";
  private static final String OTHER_LOG = "otherotheroth";
  private static final Desktop SELF = new Desktop("laptop", "i2");
  private static final SessionRef SESSION = new SessionRef("acme", "a", "s");

  private final IntakeTester org = new IntakeTester();

  @BeforeEach
  void isADesktop() {
    org.desktop(SELF, true, false);
  }

  @Test
  void rangeAtTheCursorIsStoredAndMovesIt() {
    org.cursor = at(5);

    assertThat(org.take(range(5, 9), plain("acme", "x"))).containsExactly(Outcome.accepted("x", 1, 0));
    assertThat(org.cursor).isEqualTo(at(9));
    assertThat(org.take(range(3, 12), plain("acme", "x"), plain("acme", "y")))
        .containsExactly(Outcome.duplicate("x", 1, 0), Outcome.accepted("y", 2, 0));
    assertThat(org.cursor).isEqualTo(at(12));
  }

  @Test
  void whatComesFromTheCloudGoesIntoNoOutbox() {
    org.add(range(0, 1), plain("acme", "x"));

    NewEvent event = org.append().orElseThrow().events().get(0);
    assertThat(event.outboxNumber()).isZero();
    assertThat(event.draft().origin()).isEqualTo(Draft.CLOUD);
    assertThat(org.append().orElseThrow().noted().outboxHead()).isZero();
  }

  @Test
  void whatIsBornHereIsNumberedInTheOutbox() {
    org.take(Source.PRODUCERS, plain("acme", "x").from("somebody/else"), plain("acme", "y"));
    org.take(Source.PRODUCERS, plain("acme", "y"));
    org.add(range(0, 1), plain("acme", "c"));
    org.add(Source.PRODUCERS, plain("acme", "z"));

    assertThat(org.append().orElseThrow().events()).extracting(NewEvent::outboxNumber).containsExactly(0L, 3L);
    assertThat(org.append().orElseThrow().noted().outboxHead()).isEqualTo(3);
    assertThat(org.append().orElseThrow().events().get(1).draft().origin()).isEmpty();
  }

  @Test
  void orgThatIsNotSyncedHasNoOutbox() {
    org.desktop(SELF, false, false);

    org.add(Source.PRODUCERS, plain("acme", "x"));
    assertThat(org.append().orElseThrow().events().get(0).outboxNumber()).isZero();
    assertThat(org.append().orElseThrow().noted().isEmpty()).isTrue();
  }

  @Test
  void emptyRangeMovesTheCursorToo() {
    org.cursor = at(5);

    org.add(range(5, 9));
    assertThat(org.append().orElseThrow().events()).isEmpty();
    org.commit();
    assertThat(org.cursor).isEqualTo(at(9));
  }

  @Test
  void rangeThatWasAppliedBeforeChangesNothing() {
    org.cursor = at(9);

    assertThat(org.add(range(5, 9), plain("acme", "x")))
        .containsExactly(new Verdict.Settled(Outcome.duplicate("x", 0, 0)));
    assertThat(org.append()).isEmpty();
    assertThat(org.intake().cursor()).isEqualTo(at(9));
  }

  @Test
  void rangeBeyondTheCursorOrOfAnotherLogIsNotApplied() {
    org.cursor = at(9);

    assertThat(codes(org.take(range(10, 12), plain("acme", "x")))).containsExactly(ErrorCode.CURSOR_AHEAD);
    assertThat(codes(org.take(new Cloud("acme", OTHER_LOG, 0, 12, false), plain("acme", "x"))))
        .containsExactly(ErrorCode.CURSOR_LOG_CHANGED);
    assertThat(org.cursor).isEqualTo(at(9));
    assertThat(org.keys).isEmpty();
  }

  @Test
  void firstRangeOfADesktopWithoutACursorBeginsAtTheStart() {
    assertThat(codes(org.take(range(1, 2), plain("acme", "x")))).containsExactly(ErrorCode.CURSOR_AHEAD);
    assertThat(org.take(range(0, 2), plain("acme", "x")).get(0).status()).isEqualTo(Status.ACCEPTED);
    assertThat(org.cursor).isEqualTo(at(2));
  }

  @Test
  void emptyLogOfTheCloudIsACursorToo() {
    org.add(range(0, 0));
    org.commit();

    assertThat(org.cursor).isEqualTo(at(0));
  }

  @Test
  void logBegunAnewIsAppliedWhereverTheCursorStands() {
    Cloud anew = new Cloud("acme", LOG, 40, 50, true);
    assertThat(org.take(anew, plain("acme", "x")).get(0).status()).as("no cursor").isEqualTo(Status.ACCEPTED);
    assertThat(org.cursor).isEqualTo(at(50));

    for (Optional<Position> before : List.of(at(4), at(99), Optional.of(new Position(OTHER_LOG, 45)))) {
      org.cursor = before;
      org.desktop(SELF, true, false);
      assertThat(codes(org.take(anew, plain("acme", "y")))).as("readers were not told")
          .containsExactly(ErrorCode.CURSOR_LOG_CHANGED);
      org.desktop(SELF, true, true);
      assertThat(org.take(anew, plain("acme", "x")).get(0)).isEqualTo(Outcome.duplicate("x", 1, 0));
      assertThat(org.cursor).isEqualTo(at(50));
    }
  }

  @Test
  void logIsBegunAnewOnceInABatch() {
    org.cursor = at(4);
    org.desktop(SELF, true, true);
    Cloud anew = new Cloud("acme", LOG, 0, 50, true);

    org.add(anew, plain("acme", "x"));
    assertThat(codes(org.take(anew, plain("acme", "x")))).containsExactly(ErrorCode.CURSOR_LOG_CHANGED);
    assertThat(org.cursor).isEqualTo(at(50));
  }

  @Test
  void eventUnderAKeyOfAnotherIsKeptUnderItsId() {
    org.take(Source.PRODUCERS, draft("acme", "x", "", 0, "k", "{}"));
    Draft different = draft("acme", "y", "", 0, "k", "{\"n\":1}");

    org.add(range(0, 1), different);
    assertThat(org.intake().conflicts()).isEqualTo(1);
    assertThat(org.append().orElseThrow().events().get(0).keys()).hasSize(1);
    org.commit();
    assertThat(org.take(range(0, 2), different)).containsExactly(Outcome.duplicate("y", 2, 0));
  }

  @Test
  void differentEventByTheSameIdCannotBeKept() {
    org.take(Source.PRODUCERS, plain("acme", "x"));

    org.add(range(0, 1), draft("acme", "x", "", 0, "", "{\"n\":1}"));
    assertThat(org.intake().conflicts()).isEqualTo(1);
    assertThat(org.append().orElseThrow().events()).isEmpty();
    org.commit();
    assertThat(org.cursor).isEqualTo(at(1));
  }

  @Test
  void sessionKeepsItsSequencesAndItsHomeIsWhereItBegan() {
    org.take(range(0, 3),
        inSession("x", 4).from("tower/i1"), inSession("y", 7).from("tower/i1"),
        draft("acme", "c", "t", 1, "", "{}"), draft("acme", "o", "u", 1, "", "{}").from("laptop/i1"));

    assertThat(org.sessions.get(SESSION)).isEqualTo(new SessionRow(SESSION, "tower", 2, 7));
    assertThat(org.sessions.get(new SessionRef("acme", "a", "t")).home()).isEqualTo(Draft.CLOUD);
    assertThat(org.sessions.get(new SessionRef("acme", "a", "u")).home()).as("our own lost tail").isEmpty();
    assertThat(org.take(Source.PRODUCERS, inSession("z", 8)).get(0).message()).contains("tower");
    assertThat(org.take(Source.PRODUCERS, draft("acme", "p", "u", 2, "", "{}")).get(0).status())
        .isEqualTo(Status.ACCEPTED);
  }

  @Test
  void sequenceThatWasSeenOfThatHomeIsADuplicateByItsMark() {
    org.sessions.put(SESSION, new SessionRow(SESSION, "tower", 2, 7));

    assertThat(org.take(range(0, 1), inSession("x", 7).from("tower/i1")))
        .containsExactly(Outcome.duplicate("x", 0, 0));
  }

  @Test
  void tailThatCameBackAfterItsSequencesWereUsedAnewIsKept() {
    org.cursor = at(5);
    org.take(Source.PRODUCERS, inSession("new-1", 0), inSession("new-2", 0));

    assertThat(org.add(range(5, 8), inSession("old-1", 1).from("laptop/i0"), inSession("old-2", 2).from("laptop/i0"),
        inSession("old-3", 3).from("laptop/i0")))
        .containsExactly(new Verdict.Numbered(0), new Verdict.Numbered(1), new Verdict.Numbered(2));
    assertThat(org.intake().conflicts()).isEqualTo(2);
    assertThat(org.append().orElseThrow().events()).extracting(NewEvent::sequence).containsExactly(1L, 2L, 3L);
    org.commit();
    assertThat(org.sessions.get(SESSION)).isEqualTo(new SessionRow(SESSION, "", 5, 3));
    assertThat(org.take(Source.PRODUCERS, inSession("new-4", 4)).get(0).status()).isEqualTo(Status.ACCEPTED);
    assertThat(org.take(range(7, 9), inSession("old-2", 2).from("laptop/i0")).get(0).status())
        .isEqualTo(Status.DUPLICATE);
  }

  @Test
  void sessionThatWasWrittenInTwoPlacesLosesNothing() {
    org.take(Source.PRODUCERS, inSession("x", 1), inSession("y", 2));

    assertThat(org.add(range(0, 2), inSession("c", 1), inSession("d", 2)))
        .containsExactly(new Verdict.Numbered(0), new Verdict.Numbered(1));
    assertThat(org.intake().conflicts()).isEqualTo(1);
    org.commit();
    assertThat(org.sessions.get(SESSION)).isEqualTo(new SessionRow(SESSION, Draft.CLOUD, 4, 2));
    assertThat(codes(org.take(Source.PRODUCERS, inSession("z", 3)))).containsExactly(ErrorCode.SESSION_ELSEWHERE);
  }

  @Test
  void eventNeverReturnsToTheDesktopItCameFrom() {
    assertThat(org.take(range(0, 1), plain("acme", "x").from(SELF.text())))
        .containsExactly(Outcome.duplicate("x", 0, 0));
    assertThat(org.take(range(0, 2), plain("acme", "y").from("laptop/i1")).get(0).status())
        .as("of the former incarnation").isEqualTo(Status.ACCEPTED);
  }

  @Test
  void singleEventIsStoredByIdAndMovesNoCursor() {
    org.cursor = at(5);

    org.add(new Source.Single(), plain("acme", "x"));
    assertThat(org.append().orElseThrow().noted().isEmpty()).isTrue();
    assertThat(org.append().orElseThrow().events().get(0).draft().origin()).isEqualTo(Draft.CLOUD);
    org.commit();
    assertThat(org.take(new Source.Single(), plain("acme", "x"))).containsExactly(Outcome.duplicate("x", 1, 0));
    assertThat(org.cursor).isEqualTo(at(5));
    assertThat(org.take(range(5, 6), plain("acme", "x"))).containsExactly(Outcome.duplicate("x", 1, 0));
  }

  @Test
  void singleEventOfASessionIsStoredOnlyInItsTurn() {
    assertThat(codes(org.take(new Source.Single(), inSession("y", 2)))).containsExactly(ErrorCode.MOVED);
    assertThat(org.take(new Source.Single(), inSession("x", 1), inSession("y", 2), inSession("w", 4)))
        .extracting(Outcome::status).containsExactly(Status.ACCEPTED, Status.ACCEPTED, Status.UNKNOWN);

    org.sessions.put(SESSION, new SessionRow(SESSION, "", 2, 2));
    assertThat(codes(org.take(new Source.Single(), inSession("z", 3)))).containsExactly(ErrorCode.MOVED);
  }

  @Test
  void nothingFromTheCloudIsRefusedForWantOfSpace() {
    org.storedBytesMax = 1;

    assertThat(org.add(range(0, 2), plain("acme", "x"), plain("acme", "y")))
        .hasOnlyElementsOfType(Verdict.Numbered.class);
    assertThat(codes(org.take(Source.PRODUCERS, plain("acme", "z")))).containsExactly(ErrorCode.QUOTA_EXCEEDED);
  }

  private static Optional<Position> at(long offset) {
    return Optional.of(new Position(LOG, offset));
  }

  private static Cloud range(long after, long through) {
    return new Cloud("acme", LOG, after, through, false);
  }

  private static List<ErrorCode> codes(List<Outcome> outcomes) {
    return outcomes.stream().map(outcome -> outcome.error().orElseThrow()).toList();
  }
}
