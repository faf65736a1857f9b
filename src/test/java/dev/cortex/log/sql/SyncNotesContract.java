package dev.cortex.log.sql;

import static dev.cortex.log.sql.EventLogContract.await;
import static dev.cortex.log.sql.TestEvents.append;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cortex.event.Channel;
import dev.cortex.event.Desktop;
import dev.cortex.event.Hash128;
import dev.cortex.event.Position;
import dev.cortex.event.StoredEvent;
import dev.cortex.log.AppendResult;
import dev.cortex.log.KeyRef;
import dev.cortex.log.NewEvent;
import dev.cortex.log.OrgAppend;
import dev.cortex.log.OrgHead;
import dev.cortex.log.OutboxRef;
import dev.cortex.log.OutboxRow;
import dev.cortex.log.OutboxRow.Refusal;
import dev.cortex.log.SessionRef;
import dev.cortex.log.SessionRow;
import dev.cortex.log.SyncMarks;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What every event log must note of sync in the transaction of an append, whatever stores it. */
interface SyncNotesContract {

  Desktop LAPTOP = new Desktop("laptop", "first");
  OutboxRef OUTBOX = new OutboxRef("acme", LAPTOP);
  Position CURSOR = new Position("ccccccccccccc", 7);

  /** An empty log. */
  SqlEventLog log();

  private long claim() {
    return await(log().claim("node-1", List.of(0))).get(0);
  }

  private AppendResult put(OrgAppend append) {
    return await(log().append(List.of(append))).get(0);
  }

  private OrgHead head() {
    return await(log().heads(List.of("acme"))).get("acme");
  }

  private SyncMarks.Found marks() {
    return await(log().marks(List.of(OUTBOX), List.of("acme")));
  }

  private static OrgAppend noting(OrgAppend append, SyncMarks.Noted noted) {
    return new OrgAppend(
        append.orgId(), append.shard(), append.epoch(), append.logId(), append.expectedHead(), append.events(),
        append.sessions(), noted);
  }

  private static OrgAppend without(OrgAppend append, SyncMarks.Noted noted) {
    return new OrgAppend(
        append.orgId(), append.shard(), append.epoch(), append.logId(), append.expectedHead(), List.of(), List.of(),
        noted);
  }

  /** The append with its events numbered, the first of them with {@code first}. */
  static OrgAppend numbered(OrgAppend append, long first) {
    List<NewEvent> events = new ArrayList<>();
    for (NewEvent event : append.events()) {
      long number = first + events.size();
      events.add(
          new NewEvent(
              event.draft(), event.offset(), event.sequence(), event.receivedAt(), event.keys(), number));
    }
    SyncMarks.Noted noted = new SyncMarks.Noted(first + events.size() - 1, List.of(), Optional.empty());
    return new OrgAppend(
        append.orgId(), append.shard(), append.epoch(), append.logId(), append.expectedHead(), events,
        append.sessions(), noted);
  }

  private static OutboxRow row(long number, Refusal... refusals) {
    return new OutboxRow(OUTBOX, "user u", number, new Hash128(number, -number), List.of(refusals));
  }

  private static Refusal refusal(long number) {
    return new Refusal(number, "id-" + number, "forbidden", "not yours, ä");
  }

  private static SyncMarks.Noted noted(OutboxRow row) {
    return new SyncMarks.Noted(0, List.of(row), Optional.empty());
  }

  @Test
  default void originIsReadAsItWasWritten() {
    OrgAppend plain = append("acme", claim(), 0, 2);
    NewEvent second = plain.events().get(1);
    NewEvent foreign =
        new NewEvent(second.draft().from(LAPTOP.text()), 2, 0, second.receivedAt(), second.keys());
    OrgAppend mixed =
        new OrgAppend("acme", 0, plain.epoch(), plain.logId(), 0, List.of(plain.events().get(0), foreign), List.of());

    assertThat(put(mixed)).isEqualTo(AppendResult.COMMITTED);

    List<StoredEvent> events = await(log().read(Channel.root("acme"), 0, 2, 9, 9999)).events();
    assertThat(events).extracting(StoredEvent::origin).containsExactly("", "laptop/first");
    assertThat(new String(events.get(1).json(), StandardCharsets.UTF_8)).contains("\"origin\":\"laptop/first\"");
  }

  @Test
  default void outboxAndCursorAreNotedBesideTheEvents() {
    assertThat(marks()).isEqualTo(SyncMarks.Found.NOTHING);
    long epoch = claim();
    OutboxRow first = row(4, refusal(2), refusal(3));

    put(noting(append("acme", epoch, 0, 2), new SyncMarks.Noted(0, List.of(first), Optional.of(CURSOR))));

    assertThat(marks()).isEqualTo(new SyncMarks.Found(Map.of(OUTBOX, first), Map.of("acme", CURSOR)));
    OutboxRef other = new OutboxRef("acme", new Desktop("laptop", "second"));
    assertThat(await(log().marks(List.of(other), List.of("globex")))).isEqualTo(SyncMarks.Found.NOTHING);

    Position further = new Position("ddddddddddddd", 3);
    put(noting(append("acme", epoch, 2, 1), new SyncMarks.Noted(0, List.of(), Optional.of(further))));
    assertThat(marks()).isEqualTo(new SyncMarks.Found(Map.of(OUTBOX, first), Map.of("acme", further)));
  }

  @Test
  default void refusalsReplaceThoseRememberedOfThatOutboxOnly() {
    long epoch = claim();
    OutboxRef second = new OutboxRef("acme", new Desktop("laptop", "second"));
    OutboxRow beside = new OutboxRow(second, "service s", 9, new Hash128(0, 0), List.of(refusal(2), refusal(9)));
    put(
        noting(
            append("acme", epoch, 0, 1),
            new SyncMarks.Noted(0, List.of(row(4, refusal(2), refusal(3), refusal(4)), beside), Optional.empty())));

    put(noting(append("acme", epoch, 1, 1), noted(row(6, refusal(3), refusal(5), refusal(6)))));
    assertThat(marks().outboxes()).containsEntry(OUTBOX, row(6, refusal(3), refusal(5), refusal(6)));

    put(noting(append("acme", epoch, 2, 1), noted(row(7))));
    assertThat(marks().outboxes()).containsEntry(OUTBOX, row(7));
    assertThat(await(log().marks(List.of(second), List.of())).outboxes()).containsEntry(second, beside);
  }

  @Test
  default void appendWithoutEventsLeavesHeadAndTimesAsTheyAre() {
    long epoch = claim();
    put(append("acme", epoch, 0, 3));
    OrgHead before = head();

    AppendResult result = put(without(append("acme", epoch, 3, 1), noted(row(1, refusal(1)))));

    assertThat(result).isEqualTo(AppendResult.COMMITTED);
    assertThat(head()).isEqualTo(before);
    assertThat(marks().outboxes()).containsEntry(OUTBOX, row(1, refusal(1)));
    assertThat(await(log().expired(2, List.of(0), 9))).hasSize(1);
    assertThat(await(log().expired(1, List.of(0), 9))).isEmpty();
  }

  @Test
  default void appendWithoutEventsMakesALogThatTheNextOneGoesOnWith() {
    long epoch = claim();
    SyncMarks.Noted cursor = new SyncMarks.Noted(0, List.of(), Optional.of(CURSOR));

    assertThat(put(without(append("acme", epoch, 0, 1), cursor))).isEqualTo(AppendResult.COMMITTED);

    assertThat(head()).isEqualTo(new OrgHead("acme", TestEvents.logId("acme"), 0, 0, 0, 0, 0));
    assertThat(await(log().expired(Long.MAX_VALUE, List.of(0), 9))).isEmpty();
    assertThat(await(log().sweep(System.currentTimeMillis() + Duration.ofDays(29).toMillis(), 99))).isZero();
    assertThat(await(log().read(Channel.root("acme"), 0, 9, 9, 9999)).events()).isEmpty();
    assertThat(put(append("acme", epoch, 0, 2))).isEqualTo(AppendResult.COMMITTED);
    assertThat(head()).isEqualTo(new OrgHead("acme", TestEvents.logId("acme"), 2, 0, 0, 2, 2 * 26));
    assertThat(await(log().expired(2, List.of(0), 9))).hasSize(1);
  }

  @Test
  default void heldSessionIsRememberedAlsoWithoutAnEvent() {
    long epoch = claim();
    SessionRef session = new SessionRef("acme", "a", "s");
    SessionRow held = new SessionRow(session, "laptop", 0, 4, 5);
    put(new OrgAppend("acme", 0, epoch, TestEvents.logId("acme"), 0, List.of(), List.of(held), noted(row(5))));
    assertThat(await(log().known(List.of(), List.of(session))).sessions()).containsEntry(session, held);
    assertThat(await(log().sweep(System.currentTimeMillis(), 99))).isZero();

    SessionRow free = new SessionRow(session, "laptop", 1, 5);
    put(new OrgAppend("acme", 0, epoch, TestEvents.logId("acme"), 0, List.of(), List.of(free), noted(row(6))));
    assertThat(await(log().known(List.of(), List.of(session))).sessions()).containsEntry(session, free);
  }

  @Test
  default void nothingIsNotedOfAnOrgThatIsRefused() {
    long old = claim();
    put(noting(append("acme", old, 0, 1), noted(row(1, refusal(1)))));
    SyncMarks.Noted more = new SyncMarks.Noted(0, List.of(row(2)), Optional.of(CURSOR));

    assertThat(put(noting(append("acme", old, 7, 1), more))).isEqualTo(AppendResult.HEAD_MOVED);
    assertThat(put(without(append("acme", old, 7, 1), more))).isEqualTo(AppendResult.HEAD_MOVED);
    OrgAppend otherLog =
        new OrgAppend("acme", 0, old, "zzzzzzzzzzzzz", 1, List.of(), List.of(), more);
    assertThat(put(otherLog)).isEqualTo(AppendResult.HEAD_MOVED);
    claim();
    assertThat(put(without(append("acme", old, 1, 1), more))).isEqualTo(AppendResult.DEPOSED);

    assertThat(marks()).isEqualTo(new SyncMarks.Found(Map.of(OUTBOX, row(1, refusal(1))), Map.of()));
  }

  @Test
  default void oneRefusedOrgOfABatchDoesNotKeepTheOthersFromBeingNoted() {
    long epoch = claim();
    SyncMarks.Noted cursor = new SyncMarks.Noted(0, List.of(), Optional.of(CURSOR));
    await(log().append(List.of(
        noting(append("acme", epoch, 3, 1), noted(row(9))),
        append("plain", epoch, 0, 1),
        noting(append("globex", epoch, 0, 1), cursor))));
    assertThat(await(log().marks(List.of(OUTBOX), List.of("acme", "plain", "globex"))))
        .isEqualTo(new SyncMarks.Found(Map.of(), Map.of("globex", CURSOR)));
  }

  @Test
  default void headTellsTheLastNumberOfTheOwnOutbox() {
    long epoch = claim();
    put(numbered(append("acme", epoch, 0, 3), 1));
    assertThat(head()).extracting(OrgHead::outboxHead, OrgHead::outboxConfirmed).containsExactly(3L, 0L);
    put(append("acme", epoch, 3, 1));
    assertThat(head().outboxHead()).isEqualTo(3);
    put(numbered(append("acme", epoch, 4, 2), 4));
    assertThat(head().outboxHead()).isEqualTo(5);
  }

  @Test
  default void numberThatWasGivenAlreadyIsNotGivenAgain() {
    long epoch = claim();
    put(numbered(append("acme", epoch, 0, 3), 1));
    assertThat(put(numbered(append("acme", epoch, 3, 1), 3))).isEqualTo(AppendResult.HEAD_MOVED);
    assertThat(put(numbered(append("acme", epoch, 3, 1), 5))).isEqualTo(AppendResult.HEAD_MOVED);
    assertThat(put(numbered(append("globex", epoch, 0, 1), 2))).isEqualTo(AppendResult.HEAD_MOVED);
    assertThat(head().head()).isEqualTo(3);
    assertThat(await(log().orgs())).containsExactly("acme");
  }

  @Test
  default void numbersWithAHoleAreAMistakeOfTheProgram() {
    OrgAppend good = numbered(append("acme", claim(), 0, 2), 1);
    assertThatThrownBy(() -> put(noting(good, SyncMarks.Noted.NOTHING))).isInstanceOf(IllegalArgumentException.class);
    OrgAppend beyond = noting(good, new SyncMarks.Noted(3, List.of(), Optional.empty()));
    assertThatThrownBy(() -> put(beyond)).isInstanceOf(IllegalArgumentException.class);
    assertThat(await(log().orgs())).isEmpty();
  }

  @Test
  default void eventThatWaitsForTheCloudIsNotTrimmed() {
    long epoch = claim();
    put(append("acme", epoch, 0, 3));
    assertThat(put(numbered(append("acme", epoch, 3, 2), 1))).isEqualTo(AppendResult.COMMITTED);
    put(append("acme", epoch, 5, 5));
    put(append("globex", epoch, 0, 9));

    assertThat(await(log().trimPoint("acme", 9, 1000))).isEqualTo(3);
    assertThat(await(log().trimPoint("acme", 9, 2))).isEqualTo(2);
    assertThat(await(log().trim("acme", 0, epoch, 9))).isEqualTo(AppendResult.COMMITTED);

    assertThat(head().floor()).isEqualTo(3);
    assertThat(await(log().count(Channel.root("acme"), 0, 99))).isEqualTo(7);
    assertThat(await(log().trimPoint("acme", 9, 1000))).isEqualTo(3);
    assertThat(await(log().trim("acme", 0, epoch, 9))).isEqualTo(AppendResult.COMMITTED);
    assertThat(head().floor()).isEqualTo(3);
    assertThat(await(log().expired(9, List.of(0), 1)))
        .as("an org that is held up does not stand in the way of others")
        .extracting(OrgHead::orgId)
        .containsExactly("globex");
  }

  @Test
  default void keysAreKnownForAsLongAsAnyEventThatOldIsRetained() {
    long epoch = claim();
    put(append("acme", epoch, 0, 4));
    put(append("globex", epoch, 0, 9));
    await(log().trim("acme", 0, epoch, 4));
    await(log().trim("globex", 0, epoch, 6));
    long late = Duration.ofDays(60).toMillis();

    assertThat(await(log().sweep(late, 100))).isEqualTo(4 + 6);

    KeyRef retained = new KeyRef("globex", KeyRef.Kind.UUID, 7, 7);
    KeyRef trimmed = new KeyRef("globex", KeyRef.Kind.UUID, 7, 6);
    assertThat(await(log().known(List.of(retained, trimmed), List.of())).keys()).containsOnlyKeys(retained);
    await(log().trim("globex", 0, epoch, 9));
    assertThat(await(log().sweep(late, 100))).isEqualTo(3);
  }

  @Test
  default void headThatGaveNumbersIsNeverForgotten() {
    long epoch = claim();
    put(append("plain", epoch, 0, 1));
    put(noting(append("acme", epoch, 0, 1), new SyncMarks.Noted(0, List.of(), Optional.of(CURSOR))));
    put(numbered(append("numbered", epoch, 0, 1), 1));
    await(log().database().write(sql -> {
      sql.execute("UPDATE org_heads SET outbox_confirmed = outbox_head");
      return null;
    }));
    for (String org : List.of("plain", "acme", "numbered")) {
      await(log().trim(org, 0, epoch, 1));
    }
    await(log().sweep(System.currentTimeMillis() + Duration.ofDays(200).toMillis(), 100));
    assertThat(await(log().orgs())).containsExactly("numbered");
    assertThat(marks().cursors()).containsEntry("acme", CURSOR);
  }
}
