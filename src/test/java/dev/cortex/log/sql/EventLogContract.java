package dev.cortex.log.sql;

import static dev.cortex.log.sql.TestEvents.append;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cortex.event.Channel;
import dev.cortex.event.Draft;
import dev.cortex.event.EnvelopeWriter;
import dev.cortex.event.Priority;
import dev.cortex.event.StoredEvent;
import dev.cortex.log.AppendResult;
import dev.cortex.log.EventLog;
import dev.cortex.log.EventLog.LogPage;
import dev.cortex.log.KeyRef;
import dev.cortex.log.KeyRow;
import dev.cortex.log.Known;
import dev.cortex.log.LogException;
import dev.cortex.log.NewEvent;
import dev.cortex.log.NodeEntry;
import dev.cortex.log.OrgAppend;
import dev.cortex.log.OrgHead;
import dev.cortex.log.Roster;
import dev.cortex.log.SessionRef;
import dev.cortex.log.SessionRow;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every event log must do, whatever stores it. Each test starts with an empty log. */
@Timeout(120)
abstract class EventLogContract {

  private static final List<Integer> SHARDS = IntStream.range(0, 16).boxed().toList();

  private static final long DAY = Duration.ofDays(1).toMillis();

  private final List<EventLog> opened = new ArrayList<>();
  EventLog log;

  /** A session with the store under test; two of them are two processes that share it. */
  abstract EventLog open();

  @BeforeEach
  void openLog() {
    log = another();
  }

  @AfterEach
  void closeLogs() {
    for (EventLog each : opened) {
      await(each.close());
    }
  }

  final EventLog another() {
    EventLog fresh = open();
    opened.add(fresh);
    return fresh;
  }

  final void forget(EventLog each) {
    opened.remove(each);
  }

  static <T> T await(Future<T> future) {
    try {
      return future.await(60, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("no answer in time", e);
    }
  }

  static LogException failure(Future<?> future) {
    return catchThrowableOfType(LogException.class, () -> await(future));
  }

  final long claim() {
    return await(log.claim("node-1", List.of(0))).get(0);
  }

  final AppendResult put(OrgAppend append) {
    return await(log.append(List.of(append))).get(0);
  }

  final OrgHead head(String org) {
    return await(log.heads(List.of(org))).get(org);
  }

  final List<Long> offsets(Channel channel, long after, long through, int max) {
    return await(log.read(channel, after, through, max, 1 << 20)).events().stream().map(StoredEvent::offset).toList();
  }

  @Test
  void claimRaisesTheEpochOfEachShard() {
    assertThat(await(log.claim("node-1", List.of(0, 5)))).isEqualTo(Map.of(0, 1L, 5, 1L));
    assertThat(await(log.claim("node-2", List.of(5, 6)))).isEqualTo(Map.of(5, 2L, 6, 1L));
    assertThat(await(log.claim("node-2", List.of()))).isEmpty();
  }

  @Test
  void reclaimRaisesOnlyWhatStillBelongsToTheOwner() {
    await(log.claim("node-1", List.of(0, 5)));
    await(log.claim("node-2", List.of(5)));

    assertThat(await(log.reclaim("node-1", List.of(0, 5, 6)))).isEqualTo(Map.of(0, 2L));
    assertThat(await(log.reclaim("node-1", List.of(5)))).isEmpty();
    assertThat(await(log.reclaim("node-2", List.of(5)))).isEqualTo(Map.of(5, 3L));
  }

  @Test
  void claimOfManyShardsAnswersEachOfThem() {
    List<Integer> shards = IntStream.range(0, 600).boxed().toList();
    assertThat(await(log.claim("node-1", shards))).hasSize(600).containsEntry(599, 1L);
  }

  @Test
  void committedEventIsReadAsItWasWritten() {
    long epoch = claim();
    byte[] payload = "{\"a\":1e-7,\"b\":\"\\u0000 ä€😀\"}".getBytes(StandardCharsets.UTF_8);
    Draft draft =
        new Draft("id/1", true, "acme", "ü ser", "a.b", payload, 42, "agent", "s", 9, "k", Priority.CRITICAL, "t1");
    SessionRef session = new SessionRef("acme", "agent", "s");
    OrgAppend append =
        new OrgAppend(
            "acme",
            0,
            epoch,
            TestEvents.LOG_ID,
            0,
            List.of(new NewEvent(draft, 1, 9, 77, List.of())),
            List.of(new SessionRow(session, "", 1, 9)));

    assertThat(put(append)).isEqualTo(AppendResult.COMMITTED);

    StoredEvent event = await(log.read(Channel.root("acme"), 0, 1, 10, 1000)).events().get(0);
    assertThat(new String(event.json(), StandardCharsets.UTF_8))
        .isEqualTo(new String(EnvelopeWriter.write(draft, TestEvents.LOG_ID, 1, 9, 77), StandardCharsets.UTF_8));
    assertThat(event)
        .extracting(StoredEvent::offset, StoredEvent::agentId, StoredEvent::sessionId, StoredEvent::sequence)
        .containsExactly(1L, "agent", "s", 9L);
    assertThat(event.priority()).isEqualTo(Priority.CRITICAL);
    assertThat(event.receivedAt()).isEqualTo(77);
    assertThat(head("acme")).isEqualTo(new OrgHead("acme", TestEvents.LOG_ID, 1, 0, 0, 77, payload.length));
  }

  @Test
  void deposedOwnerStoresNothing() {
    EventLog other = another();
    long old = claim();
    long fresh = await(other.claim("node-2", List.of(0))).get(0);

    assertThat(put(append("acme", old, 0, 3))).isEqualTo(AppendResult.DEPOSED);
    assertThat(await(log.heads(List.of("acme")))).isEmpty();
    assertThat(await(other.append(List.of(append("acme", fresh, 0, 2))))).containsExactly(AppendResult.COMMITTED);
    assertThat(put(append("acme", old, 2, 1))).isEqualTo(AppendResult.DEPOSED);
    assertThat(offsets(Channel.root("acme"), 0, 9, 9)).containsExactly(1L, 2L);
    assertThat(await(log.trim("acme", 0, old, 1))).isEqualTo(AppendResult.DEPOSED);
    assertThat(head("acme").floor()).isZero();
  }

  @Test
  void unclaimedShardAcceptsNothing() {
    assertThat(put(append("acme", 0, 0, 1))).isEqualTo(AppendResult.DEPOSED);
  }

  @Test
  void onlyOneOfTwoRacingOwnersCommitsAtEachHead() {
    EventLog other = another();
    long epoch = claim();
    int rounds = 50;
    int mine = 0;
    int theirs = 0;
    for (int round = 0; round < rounds; round++) {
      Future<List<AppendResult>> one = log.append(List.of(append("acme", epoch, round, 1)));
      Future<List<AppendResult>> two = other.append(List.of(append("acme", epoch, round, 1)));
      List<AppendResult> both = List.of(await(one).get(0), await(two).get(0));
      assertThat(both).containsExactlyInAnyOrder(AppendResult.COMMITTED, AppendResult.HEAD_MOVED);
      mine += both.get(0) == AppendResult.COMMITTED ? 1 : 0;
      theirs += both.get(1) == AppendResult.COMMITTED ? 1 : 0;
    }
    assertThat(mine + theirs).isEqualTo(rounds);
    assertThat(head("acme").head()).isEqualTo(rounds);
    assertThat(await(log.count(Channel.root("acme"), 0, rounds))).isEqualTo(rounds);
  }

  @Test
  void claimThatRacesWithAppendsFencesThemFromSomePointOn() {
    EventLog other = another();
    long epoch = claim();
    List<Future<List<AppendResult>>> appends = new ArrayList<>();
    Future<Map<Integer, Long>> taken = Future.succeededFuture(Map.of());
    appends.add(log.append(List.of(append("acme", epoch, 0, 1))));
    await(appends.get(0)); // the claim may overtake all the others, and an org without events has no head
    for (int i = 1; i < 100; i++) {
      appends.add(log.append(List.of(append("acme", epoch, i, 1))));
      if (i == 50) {
        taken = other.claim("node-2", List.of(0));
      }
    }
    await(taken);
    long after = await(other.heads(List.of("acme"))).get("acme").head();
    List<AppendResult> results = appends.stream().map(f -> await(f).get(0)).toList();
    assertThat(results.subList(0, (int) after)).containsOnly(AppendResult.COMMITTED);
    assertThat(results.subList((int) after, 100)).doesNotContain(AppendResult.COMMITTED);
    assertThat(head("acme").head()).isEqualTo(after);
  }

  @Test
  void orgsOfABatchSucceedOrFailOneByOne() {
    long epoch = claim();
    put(append("moved", epoch, 0, 5));
    OrgAppend foreign = append("foreign", epoch, 0, 1);
    OrgAppend unclaimed = new OrgAppend("foreign", 3, 1, foreign.logId(), 0, foreign.events(), List.of());

    List<AppendResult> results =
        await(
            log.append(
                List.of(
                    append("new", epoch, 0, 2),
                    append("moved", epoch, 4, 2, "a", "s"),
                    unclaimed,
                    append("ahead", epoch, 7, 1))));

    assertThat(results)
        .containsExactly(
            AppendResult.COMMITTED, AppendResult.HEAD_MOVED, AppendResult.DEPOSED, AppendResult.HEAD_MOVED);
    assertThat(await(log.orgs())).containsExactly("moved", "new");
    assertThat(head("moved").head()).isEqualTo(5);
    assertThat(head("new").head()).isEqualTo(2);
    Known known = await(log.known(List.of(), List.of(new SessionRef("moved", "a", "s"))));
    assertThat(known.sessions()).isEmpty();
  }

  @Test
  void logOfAnotherIncarnationIsNotAppendedTo() {
    long epoch = claim();
    put(append("acme", epoch, 0, 1));
    OrgAppend next = append("acme", epoch, 1, 1);
    OrgAppend other = new OrgAppend("acme", 0, epoch, "zzzzzzzzzzzzz", 1, next.events(), List.of());
    assertThat(put(other)).isEqualTo(AppendResult.HEAD_MOVED);
    assertThat(head("acme").head()).isEqualTo(1);
  }

  @Test
  void appendWithAHoleOrWithoutEventsIsAMistakeOfTheProgram() {
    long epoch = claim();
    OrgAppend late = append("acme", epoch, 1, 1);
    OrgAppend hole = new OrgAppend("acme", 0, epoch, late.logId(), 0, late.events(), List.of());
    OrgAppend empty = new OrgAppend("acme", 0, epoch, late.logId(), 0, List.of(), List.of());
    assertThatThrownBy(() -> put(hole)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> put(empty)).isInstanceOf(IllegalArgumentException.class);
    assertThat(await(log.orgs())).isEmpty();
  }

  @Test
  void usedKeyFailsTheWholeBatchAndLeavesNoTrace() {
    long epoch = claim();
    put(append("acme", epoch, 0, 1));
    NewEvent repeat = append("acme", epoch, 0, 1).events().get(0);
    NewEvent second = new NewEvent(repeat.draft(), 2, 0, 2, repeat.keys());
    OrgAppend again = new OrgAppend("acme", 0, epoch, TestEvents.logId("acme"), 1, List.of(second), List.of());

    LogException failure = failure(log.append(List.of(append("other", epoch, 0, 1), again)));

    assertThat(failure.kind()).isEqualTo(LogException.Kind.UNKNOWN);
    assertThat(head("acme").head()).isEqualTo(1);
    assertThat(await(log.orgs())).containsExactly("acme");
    assertThat(put(append("acme", epoch, 1, 1))).isEqualTo(AppendResult.COMMITTED);
  }

  @Test
  void keyOfOneOrgIsUnknownToAnother() {
    long epoch = claim();
    put(append("acme", epoch, 0, 1));
    assertThat(put(append("globex", epoch, 0, 1))).isEqualTo(AppendResult.COMMITTED);
    KeyRef key = new KeyRef("initech", KeyRef.Kind.UUID, 7, 1);
    assertThat(await(log.known(List.of(key), List.of())).keys()).isEmpty();
  }

  @Test
  void knownFindsKeysAndSessionsAmongManyUnknownOnes() {
    long epoch = claim();
    put(append("acme", epoch, 0, 300, "a", "s", "t"));
    List<KeyRef> keys = new ArrayList<>();
    List<SessionRef> sessions = new ArrayList<>();
    for (long n = 1; n <= 600; n++) {
      keys.add(new KeyRef("acme", KeyRef.Kind.UUID, 7, n));
      keys.add(new KeyRef("acme", KeyRef.Kind.IDEMPOTENCY, 7, n));
      sessions.add(new SessionRef("acme", "a", "s" + n));
    }
    SessionRef session = new SessionRef("acme", "a", "t");
    sessions.add(session);

    Known known = await(log.known(keys, sessions));

    KeyRef key = new KeyRef("acme", KeyRef.Kind.UUID, 7, 300);
    assertThat(known.keys()).hasSize(300).containsEntry(key, new KeyRow(key, 300, 300, -1, 300));
    assertThat(known.sessions()).isEqualTo(Map.of(session, new SessionRow(session, "", 300, 300)));
    assertThat(await(log.known(List.of(), List.of()))).isEqualTo(new Known(Map.of(), Map.of()));
  }

  @Test
  void pagesJoinWithoutGapOrRepeat() {
    long epoch = claim();
    put(append("acme", epoch, 0, 25));
    Channel root = Channel.root("acme");
    assertThat(offsets(root, 0, 25, 10)).first().isEqualTo(1L);
    assertThat(await(log.read(root, 0, 25, 10, 1 << 20)).through()).isEqualTo(10);
    assertThat(offsets(root, 20, 25, 10)).containsExactly(21L, 22L, 23L, 24L, 25L);
    assertThat(offsets(root, 3, 5, 10)).containsExactly(4L, 5L);
    assertThat(await(log.read(root, 20, 99, 10, 1 << 20)).through()).isEqualTo(25);
    assertThat(await(log.read(root, 25, 25, 10, 1 << 20))).isEqualTo(new LogPage(List.of(), 25, 0));
    assertThat(await(log.read(Channel.root("nobody"), 0, 9, 10, 1 << 20)).events()).isEmpty();
  }

  @Test
  void pageEndsWithTheEventThatReachesItsBytes() {
    long epoch = claim();
    put(append("acme", epoch, 0, 5));
    Channel root = Channel.root("acme");
    int first = await(log.read(root, 0, 5, 1, 1)).events().get(0).json().length;
    assertThat(await(log.read(root, 0, 5, 9, 1)).through()).isEqualTo(1);
    assertThat(await(log.read(root, 0, 5, 9, first)).through()).isEqualTo(1);
    assertThat(await(log.read(root, 0, 5, 9, first + 1)).through()).isEqualTo(2);
  }

  @Test
  void channelCoversWhatIsBeneathItAndNothingElse() {
    long epoch = claim();
    put(append("acme", epoch, 0, 6, "a", "s", "t"));
    put(append("acme", epoch, 6, 2, "b", "s"));
    put(append("acme", epoch, 8, 2));
    put(append("globex", epoch, 0, 4, "a", "s"));
    Channel agent = new Channel("acme", "a", "");
    Channel session = new Channel("acme", "a", "t");

    assertThat(offsets(Channel.root("acme"), 0, 10, 99)).hasSize(10);
    assertThat(offsets(agent, 1, 10, 99)).containsExactly(2L, 3L, 4L, 5L, 6L);
    assertThat(offsets(agent, 0, 10, 2)).containsExactly(1L, 2L);
    assertThat(offsets(session, 0, 10, 99)).containsExactly(2L, 4L, 6L);
    assertThat(await(log.read(session, 0, 10, 99, 1 << 20)).through()).isEqualTo(10);
    assertThat(await(log.read(session, 0, 10, 2, 1 << 20)).through()).isEqualTo(4);
    assertThat(await(log.count(Channel.root("acme"), 2, 99))).isEqualTo(8);
    assertThat(await(log.count(agent, 2, 5))).isEqualTo(3);
    assertThat(await(log.count(session, 2, 99))).isEqualTo(2);
    assertThat(await(log.lastOffset(Channel.root("acme")))).isEqualTo(10);
    assertThat(await(log.lastOffset(agent))).isEqualTo(6);
    assertThat(await(log.lastOffset(new Channel("acme", "b", "s")))).isEqualTo(8);
    assertThat(await(log.lastOffset(new Channel("acme", "c", "")))).isZero();
    SessionRef ref = new SessionRef("acme", "a", "t");
    assertThat(await(log.offsetAfterSequence(ref, 2))).isEqualTo(OptionalLong.of(4));
    assertThat(await(log.offsetAfterSequence(ref, 0))).isEqualTo(OptionalLong.of(2));
    assertThat(await(log.offsetAfterSequence(ref, 6))).isEmpty();
  }

  @Test
  void timeIsFoundByReceiveTime() {
    long epoch = claim();
    put(append("acme", epoch, 0, 100));
    await(log.trim("acme", 0, epoch, 10));
    assertThat(await(log.offsetAtTime("acme", 50))).isEqualTo(OptionalLong.of(50));
    assertThat(await(log.offsetAtTime("acme", 0))).isEqualTo(OptionalLong.of(11));
    assertThat(await(log.offsetAtTime("acme", 100))).isEqualTo(OptionalLong.of(100));
    assertThat(await(log.offsetAtTime("acme", 101))).isEmpty();
    assertThat(await(log.offsetAtTime("nobody", 1))).isEmpty();
  }

  @Test
  void trimTakesAPrefixAndMovesTheFloor() {
    long epoch = claim();
    put(append("acme", epoch, 0, 20, "a", "s"));
    put(append("globex", epoch, 0, 3));
    assertThat(await(log.expired(4, SHARDS, 10))).extracting(OrgHead::orgId).containsExactly("acme", "globex");
    assertThat(await(log.trimPoint("acme", 8, 1000))).isEqualTo(7);
    assertThat(await(log.trimPoint("acme", 8, 3))).isEqualTo(3);
    assertThat(await(log.trimPoint("acme", 1, 1000))).isZero();

    assertThat(await(log.trim("acme", 0, epoch, 7))).isEqualTo(AppendResult.COMMITTED);

    assertThat(head("acme").floor()).isEqualTo(7);
    LogPage page = await(log.read(Channel.root("acme"), 0, 20, 99, 1 << 20));
    assertThat(page.floor()).isEqualTo(7);
    assertThat(page.events()).extracting(StoredEvent::offset).first().isEqualTo(8L);
    assertThat(await(log.count(Channel.root("acme"), 0, 20))).isEqualTo(13);
    assertThat(await(log.expired(8, SHARDS, 10))).extracting(OrgHead::orgId).containsExactly("globex");
    assertThat(await(log.trimPoint("acme", 8, 1000))).isEqualTo(7);
    assertThat(await(log.trim("acme", 0, epoch, 5))).isEqualTo(AppendResult.COMMITTED);
    assertThat(head("acme").floor()).isEqualTo(7);
  }

  @Test
  void storedBytesAreThePayloadsOfWhatIsRetained() {
    long epoch = claim();
    OrgAppend first = append("acme", epoch, 0, 9);
    long each = first.events().get(0).draft().payload().length;
    assertThat(put(first)).isEqualTo(AppendResult.COMMITTED);
    assertThat(head("acme").storedBytes()).isEqualTo(9 * each);
    put(append("acme", epoch, 9, 2));
    assertThat(head("acme").storedBytes()).isEqualTo(11 * each + 2);
    assertThat(put(append("acme", epoch, 4, 2))).isEqualTo(AppendResult.HEAD_MOVED);
    await(log.trim("acme", 0, epoch, 4));
    assertThat(head("acme").storedBytes()).isEqualTo(7 * each + 2);
    await(log.trim("acme", 0, epoch, 4));
    assertThat(head("acme").storedBytes()).isEqualTo(7 * each + 2);
    await(log.trim("acme", 0, epoch, 11));
    assertThat(head("acme").storedBytes()).isZero();
  }

  @Test
  void secretIsMadeOnceAndShared() {
    EventLog other = another();
    List<Future<byte[]>> asked = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      asked.add(log.secret("a"));
      asked.add(other.secret("a"));
    }
    assertThat(await(asked.get(0))).hasSize(32);
    assertThat(asked).allSatisfy(each -> assertThat(await(each)).isEqualTo(await(asked.get(0))));
    assertThat(await(log.secret("b"))).isNotEqualTo(await(asked.get(0)));
  }

  @Test
  void checkInAnswersTheEpochsAskedForAndNamesTheAskingNode() {
    await(log.claim("node-1", List.of(0, 5)));
    await(log.claim("node-1", List.of(5)));
    NodeEntry me = new NodeEntry("node-1", true, Set.of("node-1", "node-2"));
    Roster roster = await(log.checkIn(me, List.of(5, 6)));
    assertThat(roster.nodes()).containsExactly(me);
    assertThat(roster.epochs()).isEqualTo(Map.of(5, 2L));
    assertThat(await(log.checkIn(me, List.of())).epochs()).isEmpty();
    await(log.checkOut("node-1"));
  }

  @Test
  void trimmedToNothingKeepsItsHeadAndGoesOn() {
    long epoch = claim();
    put(append("acme", epoch, 0, 5, "a", "s"));
    await(log.trim("acme", 0, epoch, 99));
    assertThat(head("acme")).isEqualTo(new OrgHead("acme", TestEvents.logId("acme"), 5, 5, 0, 5, 0));
    assertThat(await(log.expired(Long.MAX_VALUE, SHARDS, 9))).isEmpty();
    assertThat(await(log.lastOffset(new Channel("acme", "a", "s")))).isEqualTo(5);
    assertThat(put(append("acme", epoch, 5, 1))).isEqualTo(AppendResult.COMMITTED);
    assertThat(await(log.expired(7, SHARDS, 9))).hasSize(1);
    assertThat(await(log.expired(6, SHARDS, 9))).isEmpty();
  }

  @Test
  void sweepDeletesWhatOutlivedItsUseInBoundedSteps() {
    long epoch = claim();
    put(append("acme", epoch, 0, 10, "a", "s", "t"));
    await(log.trim("acme", 0, epoch, 10));
    long now = System.currentTimeMillis();
    assertThat(await(log.sweep(7 * DAY, 100))).isZero();
    assertThat(await(log.sweep(8 * DAY, 4))).isEqualTo(4);
    assertThat(await(log.sweep(8 * DAY, 100))).isEqualTo(6);
    KeyRef key = new KeyRef("acme", KeyRef.Kind.UUID, 7, 1);
    assertThat(await(log.known(List.of(key), List.of())).keys()).isEmpty();
    assertThat(await(log.sweep(91 * DAY, 100))).isEqualTo(2);
    assertThat(await(log.sweep(now + 29 * DAY, 100))).isZero();
    assertThat(await(log.sweep(now + 31 * DAY, 100))).isEqualTo(1);
    assertThat(await(log.orgs())).isEmpty();
    assertThat(await(log.orgOfLog(TestEvents.logId("acme")))).contains("acme");
    assertThat(await(log.sweep(now + 125 * DAY, 100))).isEqualTo(1);
    assertThat(await(log.orgOfLog(TestEvents.logId("acme")))).isEmpty();
  }

  @Test
  void orgIsFoundByItsLogId() {
    put(append("acme", claim(), 0, 1));
    assertThat(await(log.orgOfLog(TestEvents.logId("acme")))).contains("acme");
    assertThat(await(log.orgOfLog("qqqqqqqqqqqqq"))).isEmpty();
  }

  @Test
  void retentionMarkIsKept() {
    assertThat(await(log.retentionMark())).isZero();
    await(log.retentionMark(123));
    assertThat(await(another().retentionMark())).isEqualTo(123);
  }

  @Test
  void healthyLogAnswersItsProbe() {
    await(log.probe());
    await(log.compact(100));
    assertThat(await(log.orgs())).isEmpty();
  }
}
