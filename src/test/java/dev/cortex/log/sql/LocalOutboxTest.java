package dev.cortex.log.sql;

import static dev.cortex.log.sql.EventLogContract.await;
import static dev.cortex.log.sql.SyncNotesContract.numbered;
import static dev.cortex.log.sql.TestEvents.append;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.cortex.base.Clock;
import dev.cortex.event.Desktop;
import dev.cortex.event.Ids;
import dev.cortex.event.LeftOut;
import dev.cortex.event.StoredEvent;
import dev.cortex.log.AppendResult;
import dev.cortex.log.LocalOutbox.Aside;
import dev.cortex.log.LocalOutbox.Numbered;
import dev.cortex.log.LocalOutbox.Refusal;
import dev.cortex.log.LocalOutbox.State;
import dev.cortex.log.OrgAppend;
import dev.cortex.log.OrgHead;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A desktop's own outbox: what is numbered is sent, answered, set aside and sent again, and survives a restore. */
@Timeout(120)
final class LocalOutboxTest {

  private static final Optional<String> NOBODY = Optional.empty();

  @TempDir Path dataDir;

  private Vertx vertx;
  private SqliteEventLog log;
  private long epoch;

  @BeforeEach
  void openLog() {
    vertx = Vertx.vertx();
    open();
  }

  @AfterEach
  void closeLog() {
    await(log.close());
    await(vertx.close());
  }

  private void open() {
    log = await(SqliteEventLog.open(vertx, dataDir, true, Clock.SYSTEM));
    epoch = await(log.claim("node-1", List.of(0))).get(0);
  }

  private OrgHead head(String org) {
    return await(log.heads(List.of(org))).getOrDefault(org, new OrgHead(org, TestEvents.logId(org), 0, 0, 0, 0, 0));
  }

  private void put(OrgAppend append, OrgHead head) {
    OrgAppend sure =
        new OrgAppend(
            append.orgId(), 0, epoch, head.logId(), head.head(), append.events(), List.of(), append.noted());
    assertThat(await(log.append(List.of(sure)))).containsExactly(AppendResult.COMMITTED);
  }

  /** Appends so many events that are born here, the n-th of the log with the id {@code id-n}. */
  private void born(int count) {
    OrgHead head = head("acme");
    put(numbered(append("acme", epoch, head.head(), count), head.outboxHead() + 1), head);
  }

  /** The same, all in one session, in which their sequences are their offsets. */
  private void bornInSession(int count) {
    OrgHead head = head("acme");
    put(numbered(append("acme", epoch, head.head(), count, "a", "s"), head.outboxHead() + 1), head);
  }

  private static Refusal behind(long number) {
    return new Refusal(number, "sequence_conflict", "because of " + number);
  }

  private void foreign(int count) {
    OrgHead head = head("acme");
    put(append("acme", epoch, head.head(), count), head);
  }

  private State state() {
    return await(log.state("acme"));
  }

  private State confirm(long through, Refusal... refused) {
    return await(log.confirm("acme", log.desktop().incarnation(), through, List.of(refused)));
  }

  private static Refusal refusal(long number) {
    return new Refusal(number, "forbidden", "because of " + number);
  }

  /** What waits to be sent, as number and id. */
  private List<String> waiting() {
    List<Numbered> events = await(log.read("acme", state().confirmed(), 99, 1 << 20));
    assertThat(events).allSatisfy(each -> assertThat(text(each.event())).contains("\"id\":\"" + each.id() + '"'));
    return events.stream().map(each -> each.number() + " " + each.id()).toList();
  }

  private List<String> aside() {
    return await(log.aside("acme", 99)).stream()
        .map(each -> each.id() + ' ' + each.message() + (each.again() ? " again" : ""))
        .toList();
  }

  private static String text(StoredEvent event) {
    return new String(event.json(), StandardCharsets.UTF_8);
  }

  private String former() {
    return state().former().orElseThrow();
  }

  private Path backUp() throws IOException {
    await(log.close());
    Path backup = dataDir.resolve("backup");
    Files.copy(dataDir.resolve(SqliteEventLog.FILE), backup);
    open();
    return backup;
  }

  private void restore(Path backup) throws IOException {
    await(log.close());
    Files.copy(backup, dataDir.resolve(SqliteEventLog.FILE), StandardCopyOption.REPLACE_EXISTING);
    open();
  }

  @Test
  void desktopIsTheSameAfterARestart() {
    Desktop desktop = log.desktop();
    assertThat(desktop).isEqualTo(new Desktop(desktop.install(), log.incarnation()));
    assertThat(Ids.isName(desktop.install())).isTrue();
    await(log.close());
    open();
    assertThat(log.desktop()).isEqualTo(desktop);
  }

  @Test
  void orgThatDoesNotExistHasAnEmptyOutbox() {
    assertThat(state()).isEqualTo(new State(0, 0, NOBODY, 0, 0));
    assertThat(confirm(3, refusal(2))).isEqualTo(state());
    assertThat(await(log.renumber("acme", 3, List.of()))).isEqualTo(state());
    assertThat(await(log.sendAgain("acme", List.of()))).isEqualTo(state());
    assertThat(waiting()).isEmpty();
    assertThat(aside()).isEmpty();
    await(log.renewLogId("acme"));
    assertThat(await(log.orgs())).isEmpty();
  }

  @Test
  void onlyWhatIsBornHereIsReadAndPagesJoin() {
    born(2);
    foreign(3);
    born(3);
    assertThat(state()).isEqualTo(new State(5, 0, NOBODY, 0, 0));
    assertThat(waiting()).containsExactly("1 id-1", "2 id-2", "3 id-6", "4 id-7", "5 id-8");
    List<Numbered> page = await(log.read("acme", 1, 2, 1 << 20));
    assertThat(page).extracting(Numbered::number).containsExactly(2L, 3L);
    assertThat(page.get(1).event().offset()).isEqualTo(6);
    assertThat(text(page.get(1).event())).contains(TestEvents.logId("acme") + ".6");
    int bytes = page.get(0).event().json().length;
    assertThat(await(log.read("acme", 1, 9, bytes))).hasSize(1);
    assertThat(await(log.read("acme", 1, 9, bytes + 1))).hasSize(2);
    assertThat(await(log.read("acme", 5, 9, 1 << 20))).isEmpty();
  }

  @Test
  void answerThatComesTwiceOrLateChangesNothing() {
    born(4);
    assertThat(confirm(3, refusal(2))).isEqualTo(new State(4, 3, NOBODY, 0, 1));
    assertThat(confirm(3, refusal(1), refusal(2))).isEqualTo(new State(4, 3, NOBODY, 0, 1));
    assertThat(confirm(2, refusal(1))).isEqualTo(new State(4, 3, NOBODY, 0, 1));
    assertThat(aside()).containsExactly("id-2 because of 2");
    assertThat(head("acme").outboxConfirmed()).isEqualTo(3);
    assertThat(waiting()).containsExactly("4 id-4");
    assertThat(confirm(99, refusal(3), refusal(7))).isEqualTo(new State(4, 4, NOBODY, 0, 1));
  }

  @Test
  void answerToAnotherIncarnationChangesNothing() {
    born(4);
    State before = state();
    assertThat(await(log.confirm("acme", "another", 3, List.of(refusal(2))))).isEqualTo(before);
    assertThat(aside()).isEmpty();

    String old = log.desktop().incarnation();
    await(log.reincarnate(false));
    State between = state();
    assertThat(await(log.confirm("acme", old, 3, List.of(refusal(2))))).isEqualTo(between);
    assertThat(confirm(3)).as("nothing was sent yet under the new one").isEqualTo(between);
  }

  @Test
  void refusedEventIsSetAsideSentAgainRefusedAgainAndTaken() {
    born(3);
    confirm(3, refusal(2));
    Aside first = await(log.aside("acme", 9)).get(0);
    assertThat(first.atMs()).isBetween(System.currentTimeMillis() - 60_000, System.currentTimeMillis());
    assertThat(first).extracting(Aside::id, Aside::code, Aside::again).containsExactly("id-2", "forbidden", false);

    assertThat(await(log.sendAgain("acme", List.of()))).isEqualTo(new State(4, 3, NOBODY, 0, 0));
    assertThat(await(log.sendAgain("acme", List.of("id-2")))).isEqualTo(new State(4, 3, NOBODY, 0, 0));
    born(1);
    assertThat(waiting()).containsExactly("4 id-2", "5 id-4");
    assertThat(aside()).containsExactly("id-2 because of 2 again");

    assertThat(confirm(4, refusal(4))).isEqualTo(new State(5, 4, NOBODY, 0, 1));
    assertThat(aside()).containsExactly("id-2 because of 4");
    assertThat(waiting()).containsExactly("5 id-4");

    await(log.sendAgain("acme", List.of("id-2")));
    assertThat(waiting()).containsExactly("5 id-4", "6 id-2");
    assertThat(confirm(5)).isEqualTo(new State(6, 5, NOBODY, 0, 0));
    assertThat(aside()).hasSize(1);
    assertThat(confirm(6)).isEqualTo(new State(6, 6, NOBODY, 0, 0));
    assertThat(aside()).isEmpty();
  }

  @Test
  void eventsAreSentAgainInTheirOrderAndOnlyThoseAskedFor() {
    born(12);
    confirm(12, refusal(2), refusal(3), refusal(10), refusal(11));
    await(log.sendAgain("acme", List.of("id-11", "nobody", "id-3", "id-1")));
    assertThat(waiting()).containsExactly("13 id-3", "14 id-11");
    assertThat(state().setAside()).isEqualTo(2);
    await(log.sendAgain("acme", List.of()));
    assertThat(waiting()).containsExactly("13 id-3", "14 id-11", "15 id-2", "16 id-10");
    assertThat(await(log.aside("acme", 3))).extracting(Aside::id).containsExactly("id-2", "id-3", "id-10");
  }

  @Test
  void markGoesInThePlaceOfAnEventThatWasGivenUpAndThoseBehindItFollow() {
    bornInSession(4);
    confirm(4, refusal(2), behind(3), refusal(4));
    String mark = LeftOut.id("acme", "id-2");

    assertThat(await(log.giveUp("acme", List.of("id-2", "nobody", "id-1")))).isEqualTo(new State(6, 4, NOBODY, 0, 1));
    assertThat(waiting()).containsExactly("5 " + mark, "6 id-3");
    assertThat(text(await(log.read("acme", 4, 1, 1)).get(0).event()))
        .contains("\"type\":\"cortex.left_out\"", "\"sessionId\":\"s\",\"sequence\":2,")
        .contains("\"payload\":{\"id\":\"id-2\",\"type\":\"task.created\",\"code\":\"forbidden\"}");
    assertThat(await(log.aside("acme", 9))).extracting(Aside::id, Aside::again, Aside::givenUp)
        .containsExactly(tuple("id-2", true, true), tuple("id-3", true, false), tuple("id-4", false, false));

    assertThat(confirm(6)).isEqualTo(new State(6, 6, NOBODY, 0, 1));
    assertThat(aside()).containsExactly("id-4 because of 4");
    assertThat(await(log.read("acme", 1, 9, 1 << 20))).as("sent itself never again").extracting(Numbered::id)
        .doesNotContain("id-2");
  }

  @Test
  void markThatIsRefusedLeavesTheEventSetAside() {
    bornInSession(3);
    confirm(3, refusal(2));
    await(log.giveUp("acme", List.of("id-2")));
    assertThat(confirm(4, behind(4))).isEqualTo(new State(4, 4, NOBODY, 0, 1));
    assertThat(await(log.aside("acme", 9))).extracting(Aside::id, Aside::code, Aside::again, Aside::givenUp)
        .containsExactly(tuple("id-2", "sequence_conflict", false, false));
    await(log.sendAgain("acme", List.of("id-2")));
    assertThat(waiting()).containsExactly("5 id-2");
    assertThat(confirm(5)).isEqualTo(new State(5, 5, NOBODY, 0, 0));
  }

  @Test
  void eventThatNoSessionWaitsForIsForgottenAtOnceWhenItIsGivenUp() {
    born(2);
    bornInSession(1);
    confirm(3, refusal(2), new Refusal(3, "session_elsewhere", "in bob"));
    assertThat(await(log.giveUp("acme", List.of("id-2", "id-3")))).isEqualTo(new State(3, 3, NOBODY, 0, 0));
    assertThat(aside()).isEmpty();
    await(log.reincarnate(false));
    await(log.renumber("acme", 0, List.of()));
    assertThat(waiting()).as("what the cloud lost is sent again, but not these").containsExactly("1 id-1");
  }

  @Test
  void markIsTheSameUnderANewIncarnation() {
    bornInSession(3);
    confirm(3, refusal(2), behind(3));
    await(log.giveUp("acme", List.of("id-2")));
    await(log.reincarnate(false));
    assertThat(await(log.renumber("acme", 3, List.of()))).isEqualTo(new State(2, 0, NOBODY, 0, 0));
    assertThat(waiting()).containsExactly("1 " + LeftOut.id("acme", "id-2"), "2 id-3");
    confirm(2);
    assertThat(aside()).isEmpty();
  }

  @Test
  void setAsideEventIsSentAgainAlsoWhenTheLogWasTrimmed() {
    born(3);
    String before = text(await(log.read("acme", 1, 1, 1)).get(0).event());
    confirm(3, refusal(2));
    await(log.trim("acme", 0, epoch, 3));
    assertThat(head("acme").floor()).isEqualTo(3);

    await(log.sendAgain("acme", List.of()));

    assertThat(text(await(log.read("acme", 3, 9, 1 << 20)).get(0).event())).isEqualTo(before);
    assertThat(confirm(4)).isEqualTo(new State(4, 4, NOBODY, 0, 0));
    assertThat(aside()).isEmpty();
  }

  @Test
  void logIsTrimmedAsFarAsTheCloudAnswered() {
    born(5);
    assertThat(await(log.trimPoint("acme", 99, 100))).isZero();
    confirm(3, refusal(2));
    assertThat(await(log.trimPoint("acme", 99, 100))).isEqualTo(3);
    await(log.trim("acme", 0, epoch, 5));
    assertThat(head("acme").floor()).isEqualTo(3);
    assertThat(await(log.expired(99, List.of(0), 9))).isEmpty();
    confirm(5);
    assertThat(await(log.expired(99, List.of(0), 9))).hasSize(1);
    await(log.trim("acme", 0, epoch, 5));
    assertThat(head("acme").floor()).isEqualTo(5);
  }

  @Test
  void restoredDatabaseNumbersWhatTheCloudDoesNotHaveAnew() throws IOException {
    born(10);
    confirm(4, refusal(3));
    await(log.sendAgain("acme", List.of()));
    Desktop old = log.desktop();
    Path backup = backUp();
    born(4);
    confirm(15);

    restore(backup);

    assertThat(log.desktop().install()).isEqualTo(old.install());
    assertThat(log.desktop().incarnation()).isNotEqualTo(old.incarnation());
    assertThat(state()).isEqualTo(new State(11, 4, Optional.of(old.incarnation()), 11, 0));
    born(2);
    assertThat(state()).isEqualTo(new State(13, 4, Optional.of(old.incarnation()), 11, 0));
    assertThat(await(log.trimPoint("acme", 99, 100))).isEqualTo(4);

    assertThat(await(log.renumber("acme", 8, List.of()))).isEqualTo(new State(5, 0, NOBODY, 0, 0));

    List<String> rest = List.of("1 id-9", "2 id-10", "3 id-3", "4 id-11", "5 id-12");
    assertThat(waiting()).isEqualTo(rest);
    assertThat(await(log.renumber("acme", 2, List.of()))).isEqualTo(new State(5, 0, NOBODY, 0, 0));
    assertThat(waiting()).isEqualTo(rest);
    assertThat(await(log.trimPoint("acme", 99, 100))).isEqualTo(8);
    born(1);
    assertThat(confirm(3)).isEqualTo(new State(6, 3, NOBODY, 0, 0));
    assertThat(aside()).isEmpty();
    assertThat(waiting()).containsExactly("4 id-11", "5 id-12", "6 id-13");
  }

  @Test
  void allThatTheFormerIncarnationNumberedCountsAsTakenWhenTheCloudIsAhead() throws IOException {
    born(5);
    confirm(3, refusal(2), refusal(3));
    await(log.sendAgain("acme", List.of("id-2")));
    Path backup = backUp();
    restore(backup);
    born(2);

    assertThat(await(log.renumber("acme", 100, List.of()))).isEqualTo(new State(2, 0, NOBODY, 0, 1));

    assertThat(waiting()).containsExactly("1 id-6", "2 id-7");
    assertThat(aside()).as("what was sent again is taken").containsExactly("id-3 because of 3");
  }

  @Test
  void refusalThatTheFormerIncarnationDidNotHearOfIsNoDelivery() throws IOException {
    born(9);
    confirm(3, refusal(2), refusal(3));
    await(log.sendAgain("acme", List.of("id-2")));
    Path backup = backUp();
    restore(backup);
    born(2);

    assertThat(await(log.renumber("acme", 10, List.of(3L, 5L, 6L, 9L, 10L, 11L))))
        .isEqualTo(new State(6, 0, NOBODY, 0, 1));

    assertThat(waiting()).containsExactly("1 id-5", "2 id-6", "3 id-9", "4 id-2", "5 id-10", "6 id-11");
    assertThat(aside()).containsExactly("id-2 because of 2 again", "id-3 because of 3");
  }

  @Test
  void databaseRestoredTwiceKeepsTheIncarnationThatSentLast() throws IOException {
    born(3);
    String sender = log.desktop().incarnation();
    Path backup = backUp();
    restore(backup);
    born(1);
    await(log.close());
    Files.delete(dataDir.resolve(SqliteEventLog.INCARNATION_FILE));
    open();
    assertThat(state()).isEqualTo(new State(4, 0, Optional.of(sender), 3, 0));
  }

  @Test
  void newIncarnationOfTheSameLogSendsAgainWhatWasNotConfirmed() {
    born(5);
    confirm(3, refusal(2));
    put(append("globex", epoch, 0, 1), head("globex"));
    Desktop old = log.desktop();
    String logId = head("acme").logId();

    Desktop fresh = await(log.reincarnate(false));

    assertThat(fresh).isEqualTo(log.desktop()).isNotEqualTo(old);
    assertThat(fresh.install()).isEqualTo(old.install());
    assertThat(state()).isEqualTo(new State(5, 3, Optional.of(old.incarnation()), 3, 1));
    assertThat(await(log.state("globex"))).isEqualTo(new State(0, 0, NOBODY, 0, 0));
    assertThat(head("acme").logId()).isEqualTo(logId);

    Desktop next = await(log.reincarnate(false));
    assertThat(next).isNotEqualTo(fresh);
    assertThat(former()).isEqualTo(old.incarnation());
    await(log.close());
    open();
    assertThat(log.desktop()).isEqualTo(next);

    assertThat(await(log.renumber("acme", 5, List.of()))).isEqualTo(new State(2, 0, NOBODY, 0, 1));
    assertThat(waiting()).containsExactly("1 id-4", "2 id-5");
  }

  @Test
  void newIncarnationOfARestoredLogGivesEveryLogAnotherId() {
    born(3);
    put(append("globex", epoch, 0, 1), head("globex"));
    List<String> before = List.of(head("acme").logId(), head("globex").logId());

    Desktop fresh = await(log.reincarnate(true));

    assertThat(fresh).isEqualTo(log.desktop());
    assertThat(List.of(head("acme").logId(), head("globex").logId())).doesNotContainAnyElementsOf(before);
    assertThat(head("acme").head()).isEqualTo(3);
    assertThat(waiting()).hasSize(3);
  }

  @Test
  void whatTheCloudLostIsSentAgainWithoutAGapInItsNumbers() {
    born(6);
    confirm(5, refusal(2), refusal(4));
    await(log.sendAgain("acme", List.of("id-2")));
    confirm(7);
    assertThat(state()).isEqualTo(new State(7, 7, NOBODY, 0, 1));
    assertThat(await(log.read("acme", 0, 9, 1 << 20)))
        .as("number 2 was given to an event that has number 7 now")
        .extracting(Numbered::number)
        .containsExactly(1L);
    assertThat(await(log.read("acme", 1, 9, 1 << 20)))
        .extracting(Numbered::number)
        .containsExactly(3L, 4L, 5L, 6L, 7L);
    await(log.reincarnate(false));

    assertThat(await(log.renumber("acme", 1, List.of()))).isEqualTo(new State(4, 0, NOBODY, 0, 1));

    assertThat(waiting())
        .as("without the one that is set aside, and in the order in which the cloud had them")
        .containsExactly("1 id-3", "2 id-5", "3 id-6", "4 id-2");
    assertThat(aside()).containsExactly("id-4 because of 4");
    await(log.sendAgain("acme", List.of()));
    assertThat(waiting()).endsWith("5 id-4");
    assertThat(await(log.trimPoint("acme", 99, 100))).isEqualTo(1);
  }

  @Test
  void numbersOfOneOrgLeaveThoseOfAnotherAlone() {
    born(3);
    put(numbered(append("globex", epoch, 0, 3), 1), head("globex"));
    confirm(2, refusal(1));
    assertThat(await(log.state("globex"))).isEqualTo(new State(3, 0, NOBODY, 0, 0));
    await(log.reincarnate(false));
    await(log.renumber("acme", 2, List.of()));
    String former = await(log.state("globex")).former().orElseThrow();
    assertThat(await(log.state("globex"))).isEqualTo(new State(3, 0, Optional.of(former), 0, 0));
    assertThat(await(log.read("globex", 0, 9, 1 << 20))).extracting(Numbered::number).containsExactly(1L, 2L, 3L);
    assertThat(await(log.aside("globex", 9))).isEmpty();
  }

  @Test
  void logOfOneOrgGetsAnotherId() {
    born(2);
    put(append("globex", epoch, 0, 1), head("globex"));
    String old = head("acme").logId();
    String other = head("globex").logId();

    await(log.renewLogId("acme"));

    OrgHead renewed = head("acme");
    assertThat(renewed.logId()).matches("[a-z][a-z0-9]{12}").isNotEqualTo(old);
    assertThat(renewed.head()).isEqualTo(2);
    assertThat(await(log.orgOfLog(old))).contains("acme");
    assertThat(await(log.orgOfLog(renewed.logId()))).contains("acme");
    assertThat(head("globex").logId()).isEqualTo(other);
    OrgAppend stale = append("acme", epoch, 2, 1);
    assertThat(await(log.append(List.of(stale)))).containsExactly(AppendResult.HEAD_MOVED);
    born(1);
    assertThat(await(log.heads(List.of("acme")))).isEqualTo(Map.of("acme", head("acme")));
    assertThat(head("acme").head()).isEqualTo(3);
  }
}
