package dev.cortex.room;

import static dev.cortex.room.Drafts.draft;
import static dev.cortex.room.Drafts.inSession;
import static dev.cortex.room.Drafts.plain;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.event.Draft;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.log.KeyRef;
import dev.cortex.log.KeyRow;
import dev.cortex.log.Known;
import dev.cortex.log.NewEvent;
import dev.cortex.log.OrgHead;
import dev.cortex.log.SessionRef;
import dev.cortex.log.SessionRow;
import dev.cortex.log.SyncMarks.Noted;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class PublishingTest {

  private static final long NOW = 1_000;
  private static final SessionRef SESSION = new SessionRef("acme", "a", "s");
  private static final Room ROOM = new Room(new OrgHead("acme", "logidlogidlog", 10, 0, 3, 900, 0));

  private final Map<KeyRef, KeyRow> keys = new HashMap<>();
  private final Map<SessionRef, SessionRow> sessions = new HashMap<>();
  private final Numbering numbering = new Numbering(ROOM, 7, new Known(keys, sessions), Long.MAX_VALUE);
  private final Publishing publishing = new Publishing(numbering);

  @Test
  void newEventsGetTheNextOffsets() {
    assertThat(List.of(add(plain("acme", "x")), add(plain("acme", "y"))))
        .containsExactly(new Verdict.Numbered(0), new Verdict.Numbered(1));
    assertThat(numbering.append(Noted.NOTHING).events()).extracting(NewEvent::offset).containsExactly(11L, 12L);
    assertThat(numbering.append(Noted.NOTHING).expectedHead()).isEqualTo(10);
    assertThat(numbering.append(Noted.NOTHING).epoch()).isEqualTo(7);
  }

  @Test
  void receiveTimeNeverGoesBackWithinTheLog() {
    publishing.add(plain("acme", "x"), 100);

    assertThat(numbering.append(Noted.NOTHING).events().get(0).receivedAt()).isEqualTo(900);
  }

  @Test
  void repeatByIdIsAnsweredWithTheOriginalsPlace() {
    remember(inSession("x", 0), 4, 2);

    assertThat(outcome(add(inSession("x", 2)))).isEqualTo(Outcome.duplicate("x", 4, 2));
    assertThat(numbering.append(Noted.NOTHING).events()).isEmpty();
  }

  @Test
  void repeatByIdempotencyKeyUnderAnotherIdIsADuplicate() {
    remember(draft("acme", "x", "", 0, "k", "{}"), 4, 0);

    assertThat(outcome(add(draft("acme", "y", "", 0, "k", "{}")))).isEqualTo(Outcome.duplicate("y", 4, 0));
  }

  @Test
  void repeatByBothKeysIsADuplicateOnlyOfOneEvent() {
    remember(draft("acme", "x", "", 0, "k", "{}"), 4, 0);
    remember(draft("acme", "y", "", 0, "l", "{}"), 5, 0);

    assertThat(outcome(add(draft("acme", "x", "", 0, "k", "{}")))).isEqualTo(Outcome.duplicate("x", 4, 0));
    assertThat(error(add(draft("acme", "x", "", 0, "l", "{}")))).isEqualTo(ErrorCode.IDEMPOTENCY_CONFLICT);
  }

  @Test
  void sameKeyWithAnotherContentIsAConflict() {
    remember(inSession("x", 0), 4, 2);

    assertThat(error(add(plain("acme", "x")))).isEqualTo(ErrorCode.IDEMPOTENCY_CONFLICT);
    assertThat(error(add(inSession("x", 3)))).isEqualTo(ErrorCode.IDEMPOTENCY_CONFLICT);
    assertThat(error(add(draft("acme", "x", "s", 0, "", "{\"n\":1}")))).isEqualTo(ErrorCode.IDEMPOTENCY_CONFLICT);
  }

  @Test
  void repeatWithinTheBatchSharesTheFateOfItsOriginal() {
    add(draft("acme", "x", "", 0, "k", "{}"));

    assertThat(add(draft("acme", "x", "", 0, "", "{}"))).isEqualTo(new Verdict.RepeatOf("x", 0));
    assertThat(add(draft("acme", "y", "", 0, "k", "{}"))).isEqualTo(new Verdict.RepeatOf("y", 0));
    assertThat(error(add(draft("acme", "y", "", 0, "k", "{\"n\":1}")))).isEqualTo(ErrorCode.IDEMPOTENCY_CONFLICT);
    assertThat(numbering.append(Noted.NOTHING).events()).hasSize(1);
  }

  @Test
  void sessionsAreNumberedFromOneWithoutAGap() {
    add(inSession("x", 0));
    add(inSession("y", 2));

    assertThat(numbering.append(Noted.NOTHING).events()).extracting(NewEvent::sequence).containsExactly(1L, 2L);
    assertThat(numbering.append(Noted.NOTHING).sessions()).containsExactly(new SessionRow(SESSION, "", 12, 2));
  }

  @Test
  void usedAndSkippedSequencesAreRefusedAndNameTheExpectedOne() {
    sessions.put(SESSION, new SessionRow(SESSION, "", 9, 4));

    for (long sequence : new long[] {1, 4, 6}) {
      Outcome refused = outcome(add(inSession("x" + sequence, sequence)));
      assertThat(refused.error()).contains(ErrorCode.SEQUENCE_CONFLICT);
      assertThat(refused.message()).contains("expected 5");
    }
    assertThat(add(inSession("x", 5))).isEqualTo(new Verdict.Numbered(0));
  }

  @Test
  void sessionWithAnotherHomeIsRefusedButItsRepeatsAreKnown() {
    sessions.put(SESSION, new SessionRow(SESSION, "desktop-1", 9, 4));
    remember(inSession("x", 0), 9, 4);

    assertThat(outcome(add(inSession("x", 4)))).isEqualTo(Outcome.duplicate("x", 9, 4));
    Outcome refused = outcome(add(inSession("y", 5)));
    assertThat(refused.error()).contains(ErrorCode.SESSION_ELSEWHERE);
    assertThat(refused.message()).contains("desktop-1");
  }

  private Verdict add(Draft draft) {
    return publishing.add(draft, NOW);
  }

  /** Lets the log know an event, with the rows that numbering it makes. */
  private void remember(Draft draft, long offset, long sequence) {
    Numbering first = new Numbering(
        new Room("acme", 3, "logidlogidlog"), 1, new Known(Map.of(), Map.of()), Long.MAX_VALUE);
    new Publishing(first).add(draft, NOW);
    for (KeyRow row : first.append(Noted.NOTHING).events().get(0).keys()) {
      keys.put(row.key(), new KeyRow(row.key(), offset, sequence, row.contentHi(), row.contentLo()));
    }
  }

  private static Outcome outcome(Verdict verdict) {
    return verdict instanceof Verdict.Dependent dependent ? dependent.outcome() : ((Verdict.Settled) verdict).outcome();
  }

  private static ErrorCode error(Verdict verdict) {
    return outcome(verdict).error().orElseThrow();
  }
}
