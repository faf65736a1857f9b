package dev.cortex.room;

import static dev.cortex.room.Drafts.inSession;
import static dev.cortex.room.Drafts.plain;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Addresses;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Members;
import dev.cortex.bus.Message;
import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.Appended;
import dev.cortex.bus.Message.AskHead;
import dev.cortex.bus.Message.AskOutbox;
import dev.cortex.bus.Message.AskSetAside;
import dev.cortex.bus.Message.AskSyncState;
import dev.cortex.bus.Message.ConfirmOutbox;
import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.Message.Former;
import dev.cortex.bus.Message.Head;
import dev.cortex.bus.Message.Locate;
import dev.cortex.bus.Message.OutboxGrew;
import dev.cortex.bus.Message.OutboxMark;
import dev.cortex.bus.Message.OutboxPage;
import dev.cortex.bus.Message.Outgoing;
import dev.cortex.bus.Message.ReadOutbox;
import dev.cortex.bus.Message.Refusal;
import dev.cortex.bus.Message.Reincarnate;
import dev.cortex.bus.Message.RenumberOutbox;
import dev.cortex.bus.Message.SendAgain;
import dev.cortex.bus.Message.SetAside;
import dev.cortex.bus.Message.SetAsideEvent;
import dev.cortex.bus.Message.SyncState;
import dev.cortex.bus.ShardMap;
import dev.cortex.bus.Source;
import dev.cortex.bus.Source.Cloud;
import dev.cortex.bus.Source.Outbox;
import dev.cortex.event.Channel;
import dev.cortex.event.Desktop;
import dev.cortex.event.Draft;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Hash128;
import dev.cortex.event.KeyHash;
import dev.cortex.event.Outcome;
import dev.cortex.event.Position;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Since;
import dev.cortex.event.StoredEvent;
import dev.cortex.gateway.GatewayModel;
import dev.cortex.log.LogException.Kind;
import dev.cortex.ops.Metrics;
import dev.cortex.sim.MemoryLog;
import dev.cortex.sim.MemoryOutbox;
import dev.cortex.sim.Schedule;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class SyncRoomTest {

  private static final int TURNS = 20_000;
  private static final String LOG = "cloudcloudclo";
  private static final Desktop LAPTOP = new Desktop("laptop", "i1");
  private static final Logger ROOMS = Logger.getLogger("dev.cortex.room");

  private final Schedule schedule = new Schedule(1);
  private final MemoryLog log = new MemoryLog(schedule);
  private final MemoryOutbox outbox = new MemoryOutbox(log, "laptop");
  private final Metrics metrics = new Metrics();
  private final List<OutboxGrew> grown = new ArrayList<>();
  private BiConsumer<String, Delivery> gateways = (address, delivery) -> {};

  @BeforeAll
  static void failuresAreExpected() {
    ROOMS.setLevel(Level.OFF);
  }

  @AfterAll
  static void failuresAreNot() {
    ROOMS.setLevel(null);
  }

  // ---- on a desktop

  @Test
  void bridgeIsToldOfWhatIsBornHereAndOfNothingElse() {
    RoomDesk desk = desktop(Set.of("acme"));

    append(desk, Source.PRODUCERS, plain("acme", "x"), plain("acme", "y"));
    assertThat(grown).containsExactly(new OutboxGrew("acme", 2));
    append(desk, Source.PRODUCERS, plain("acme", "x"));
    append(desk, range(0, 1, false), plain("acme", "c"));
    append(desk, Source.PRODUCERS, plain("other", "o"));
    assertThat(grown).hasSize(1);
  }

  @Test
  void outboxIsReadInItsNumbersAndConfirmed() {
    RoomDesk desk = desktop(Set.of("acme"));
    append(desk, Source.PRODUCERS, plain("acme", "x"));
    append(desk, range(0, 1, false), plain("acme", "c"));
    append(desk, Source.PRODUCERS, plain("acme", "y"), plain("acme", "z"));

    assertThat(ask(desk, new AskSyncState("acme"))).isEqualTo(
        new SyncState(LAPTOP, Optional.of(new Position(LOG, 1)), 3, 0, Optional.empty(), 0));
    OutboxPage page = (OutboxPage) ask(desk, new ReadOutbox("acme", 1, 10, 1 << 20));
    assertThat(page.events()).extracting(Outgoing::number).containsExactly(2L, 3L);
    assertThat(page.events()).extracting(Outgoing::id).containsExactly("y", "z");

    SyncState confirmed = (SyncState) ask(desk, new ConfirmOutbox(
        "acme", "i1", 2, List.of(new Refusal(2, "sequence_conflict", "expected 7"))));
    assertThat(confirmed.outboxConfirmed()).isEqualTo(2);
    assertThat(confirmed.setAside()).isEqualTo(1);
    SetAsideEvent aside = ((SetAside) ask(desk, new AskSetAside("acme"))).events().get(0);
    assertThat(aside.id()).isEqualTo("y");
    assertThat(aside.code()).isEqualTo("sequence_conflict");
    SyncState other = (SyncState) ask(desk, new ConfirmOutbox("acme", "i0", 3, List.of()));
    assertThat(other.outboxConfirmed()).as("of another incarnation").isEqualTo(2);
  }

  @Test
  void numbersGivenToWhatIsSentAgainAreNotGivenTwice() {
    RoomDesk desk = desktop(Set.of("acme"));
    append(desk, Source.PRODUCERS, plain("acme", "x"), plain("acme", "y"));
    ask(desk, new ConfirmOutbox("acme", "i1", 2, List.of(new Refusal(1, "forbidden", "no"))));

    Future<? extends Message> first = desk.ask(new Append("acme", List.of(plain("acme", "p"))));
    Future<? extends Message> again = desk.ask(new SendAgain("acme", List.of("x")));
    Future<? extends Message> second = desk.ask(new Append("acme", List.of(plain("acme", "q"))));
    schedule.run(TURNS);
    assertThat(List.of(first.succeeded(), again.succeeded(), second.succeeded())).containsOnly(true);
    OutboxPage page = (OutboxPage) ask(desk, new ReadOutbox("acme", 2, 10, 1 << 20));
    assertThat(page.events()).extracting(Outgoing::number).containsExactly(3L, 4L, 5L);
    assertThat(page.events()).extracting(Outgoing::id).containsExactlyInAnyOrder("p", "x", "q");
    assertThat(grown.get(grown.size() - 1)).isEqualTo(new OutboxGrew("acme", 5));
  }

  @Test
  void numbersBeginAnewWithANewIncarnation() {
    RoomDesk desk = desktop(Set.of("acme"));
    append(desk, Source.PRODUCERS, plain("acme", "x"), plain("acme", "y"), plain("acme", "z"));
    ask(desk, new ConfirmOutbox("acme", "i1", 2, List.of()));

    SyncState began = (SyncState) ask(desk, new Reincarnate("acme", false));
    assertThat(began.desktop()).isEqualTo(new Desktop("laptop", "i2"));
    assertThat(began.former()).contains(new Former(LAPTOP, 2));
    SyncState renumbered = (SyncState) ask(desk, new RenumberOutbox("acme", 1, List.of()));
    assertThat(renumbered.outboxHead()).isEqualTo(2);
    assertThat(renumbered.former()).isEmpty();
    append(desk, Source.PRODUCERS, plain("acme", "w"));

    OutboxPage page = (OutboxPage) ask(desk, new ReadOutbox("acme", 0, 10, 1 << 20));
    assertThat(page.events()).extracting(Outgoing::id).containsExactly("y", "z", "w");
    assertThat(page.events()).extracting(Outgoing::number).containsExactly(1L, 2L, 3L);
  }

  @Test
  void roomsOfARestoredLogGoOnUnderAnotherLogId() {
    RoomDesk desk = desktop(Set.of("acme"));
    append(desk, Source.PRODUCERS, plain("acme", "x"));
    append(desk, Source.PRODUCERS, plain("other", "x"));
    Position before = ((Head) ask(desk, new AskHead("acme"))).position();
    Position beforeToo = ((Head) ask(desk, new AskHead("other"))).position();

    ask(desk, new Reincarnate("acme", true));

    Position now = ((Head) ask(desk, new AskHead("acme"))).position();
    assertThat(now.offset()).isEqualTo(1);
    assertThat(now.logId()).isNotEqualTo(before.logId());
    assertThat(((Head) ask(desk, new AskHead("other"))).position().logId()).isNotEqualTo(beforeToo.logId());
    Since old = new Since.Cursor(before);
    Future<? extends Message> lost = desk.ask(new Locate(Channel.root("acme"), old));
    schedule.run(TURNS);
    assertThat(lost.cause()).isInstanceOfSatisfying(RefusedException.class, refused ->
        assertThat(refused.code()).isEqualTo(ErrorCode.CURSOR_LOG_CHANGED));
    assertThat(append(desk, Source.PRODUCERS, plain("acme", "y")).outcomes())
        .extracting(Outcome::offset)
        .containsExactly(2L);
  }

  @Test
  void numbersAreRightAfterARenumberingOfUnknownOutcome() {
    RoomDesk desk = desktop(Set.of("acme"));
    append(desk, Source.PRODUCERS, plain("acme", "x"), plain("acme", "y"));
    ask(desk, new Reincarnate("acme", false));
    log.failNext(Kind.UNKNOWN, true);

    Future<? extends Message> failed = desk.ask(new RenumberOutbox("acme", 0, List.of()));
    schedule.run(TURNS);
    assertThat(failed.failed()).isTrue();
    append(desk, Source.PRODUCERS, plain("acme", "z"));
    OutboxPage page = (OutboxPage) ask(desk, new ReadOutbox("acme", 0, 10, 1 << 20));
    assertThat(page.events()).extracting(Outgoing::number).containsExactly(1L, 2L, 3L);
  }

  @Test
  void numbersAreRightAfterACommitOfUnknownOutcome() {
    RoomDesk desk = desktop(Set.of("acme"));
    for (boolean effect : new boolean[] {true, false}) {
      log.failNext(Kind.UNKNOWN, effect);
      append(desk, Source.PRODUCERS, plain("acme", "x" + effect));
      append(desk, Source.PRODUCERS, plain("acme", "y" + effect));
    }

    OutboxPage page = (OutboxPage) ask(desk, new ReadOutbox("acme", 0, 10, 1 << 20));
    assertThat(page.events()).extracting(Outgoing::id).containsExactly("xtrue", "ytrue", "yfalse");
    assertThat(grown.get(grown.size() - 1).outboxHead()).isEqualTo(3);
  }

  @Test
  void answerNamesTheCursorUnlessTheStoreFailed() {
    RoomDesk desk = desktop(Set.of("acme"));

    assertThat(append(desk, range(0, 4, false), plain("acme", "x")).cursor()).contains(new Position(LOG, 4));
    assertThat(append(desk, range(2, 3, false)).cursor()).contains(new Position(LOG, 4));
    assertThat(append(desk, range(8, 9, false)).cursor()).contains(new Position(LOG, 4));
    log.failNext(Kind.FULL, false);
    Appended failed = append(desk, range(4, 5, false), plain("acme", "y"));
    assertThat(failed.cursor()).isEmpty();
    assertThat(failed.outcomes().get(0).error()).contains(ErrorCode.STORAGE_FULL);
    log.failNext(Kind.UNKNOWN, true);
    assertThat(append(desk, range(4, 6, false)).cursor()).as("nobody knows").isEmpty();
    assertThat(append(desk, range(4, 6, false)).cursor()).contains(new Position(LOG, 6));
  }

  @Test
  void eventsInConflictAreCounted() {
    RoomDesk desk = desktop(Set.of("acme"));
    append(desk, Source.PRODUCERS, inSession("x", 1));
    append(desk, range(0, 1, false), inSession("c", 1));

    assertThat(metrics.scrape()).contains("cortex_sync_conflicts_total 1");
  }

  @Test
  void readersOfALogThatBeginsAnewAreToldThatSomethingMayBeMissing() {
    RoomDesk desk = desktop(Set.of("acme"));
    append(desk, range(0, 9, false), plain("acme", "x"));
    GatewayModel gateway = gateway(desk);
    GatewayModel.Client client = gateway.connect();
    client.live(new Channel("acme", "", ""));
    schedule.run(TURNS);
    Position before = client.cursor("acme");

    append(desk, new Cloud("acme", LOG, 0, 90, true), plain("acme", "y"));
    assertThat(outbox.renewals()).isEqualTo(1);
    assertThat(client.heard.get(0).losses).hasSize(1);
    assertThat(client.cursor("acme").logId()).isNotEqualTo(before.logId());
    assertThat(client.received).extracting(StoredEvent::offset).as("what came after it").containsExactly(2L);
    assertThat(log.cursor("acme")).contains(new Position(LOG, 90));
  }

  @Test
  void logOfADesktopThatBeginsTheCloudsForTheFirstTimeStaysTheSame() {
    RoomDesk desk = desktop(Set.of("acme"));
    append(desk, Source.PRODUCERS, plain("acme", "x"));
    append(desk, new Cloud("acme", LOG, 0, 90, true), plain("acme", "y"));

    assertThat(outbox.renewals()).isZero();
    assertThat(log.cursor("acme")).contains(new Position(LOG, 90));
  }

  // ---- in the cloud

  @Test
  void cloudTellsHowFarAnOutboxWasTaken() {
    RoomDesk desk = cloud();
    assertThat(ask(desk, new AskOutbox("acme", LAPTOP, "user u"))).isEqualTo(new OutboxMark(0, new Hash128(0, 0)));
    append(desk, outbox(1), plain("acme", "x"), plain("acme", "y"));

    assertThat(ask(desk, new AskOutbox("acme", LAPTOP, "user u"))).isEqualTo(new OutboxMark(2, KeyHash.hashed("y")));
    Future<? extends Message> stranger = desk.ask(new AskOutbox("acme", LAPTOP, "user other"));
    schedule.run(TURNS);
    assertThat(stranger.cause()).isInstanceOfSatisfying(RefusedException.class, refused ->
        assertThat(refused.code()).isEqualTo(ErrorCode.OUTBOX_GAP));
    assertThat(grown).isEmpty();
  }

  @Test
  void outboxWhoseCommitHasAnUnknownOutcomeIsAnsweredByWhatIsStored() {
    RoomDesk desk = cloud();
    log.failNext(Kind.UNKNOWN, true);
    assertThat(append(desk, outbox(1), plain("acme", "x")).outcomes())
        .containsExactly(Outcome.accepted("x", 1, 0));
    log.failNext(Kind.UNKNOWN, false);
    assertThat(append(desk, outbox(2), plain("acme", "y")).outcomes().get(0).error())
        .contains(ErrorCode.STORAGE_ERROR);
    assertThat(append(desk, outbox(1), plain("acme", "x"), plain("acme", "y")).outcomes())
        .containsExactly(Outcome.duplicate("x", 1, 0), Outcome.accepted("y", 2, 0));
  }

  @Test
  void numberThatAddsNoEventIsUnknownWhenItsCommitIs() {
    RoomDesk desk = cloud();
    append(desk, Source.PRODUCERS, plain("acme", "x"));
    for (boolean effect : new boolean[] {false, true}) {
      log.failNext(Kind.UNKNOWN, effect);
      assertThat(append(desk, outbox(1), plain("acme", "x")).outcomes().get(0).status())
          .isEqualTo(Outcome.Status.UNKNOWN);
    }
    assertThat(append(desk, outbox(1), plain("acme", "x")).outcomes())
        .containsExactly(Outcome.duplicate("x", 1, 0));
    assertThat(ask(desk, new AskOutbox("acme", LAPTOP, "user u"))).isEqualTo(new OutboxMark(1, KeyHash.hashed("x")));
  }

  @Test
  void refusalAtTheDoorThatComesAloneIsCommitted() {
    RoomDesk desk = cloud();
    Outcome refused = Outcome.refused("x", ErrorCode.FORBIDDEN, "no");
    Source source = new Outbox(LAPTOP, "user u", 1, List.of(new Source.Refused(1, "a", "s", 1, refused)));

    assertThat(append(desk, source).outcomes()).containsExactly(refused);
    assertThat(append(desk, source).outcomes()).containsExactly(refused);
    assertThat(append(desk, outbox(2), inSession("y", 2)).outcomes().get(0).error())
        .contains(ErrorCode.SEQUENCE_CONFLICT);
  }

  @Test
  void cloudHasNoCloudAndNoOutboxOfItsOwn() {
    RoomDesk desk = cloud();
    for (Message ask : List.of(
        new Append("acme", List.of(), range(0, 1, false)),
        new AskSyncState("acme"))) {
      Future<? extends Message> answer =
          Future.succeededFuture().compose(go -> desk.ask(ask).<Message>map(done -> done));
      schedule.run(TURNS);
      assertThat(answer.cause()).isInstanceOf(IllegalArgumentException.class);
    }
  }

  private RoomDesk desktop(Set<String> orgs) {
    return desk(new Sharing(Optional.of(outbox), orgs));
  }

  private RoomDesk cloud() {
    return desk(Sharing.NONE);
  }

  private RoomDesk desk(Sharing sharing) {
    Wires wires = new Wires() {

      @Override
      public void send(String address, Message message) {
        if (message instanceof OutboxGrew grew) {
          assertThat(address).isEqualTo(Addresses.SYNC);
          grown.add(grew);
        } else {
          gateways.accept(address, (Delivery) message);
        }
      }

      @Override
      public <T extends Message> Future<T> ask(String address, Message question, Class<T> answer, long timeoutMs) {
        return Future.failedFuture(new RefusedException(ErrorCode.TIMEOUT, "nobody is asked"));
      }
    };
    RoomDesk desk = new RoomDesk(
        log, Directory.alone("n1", new ShardMap(1, false)), Members.alone("n1"), wires, Admission.UNLIMITED,
        org -> 0, metrics, schedule, RoomDesk.Bounds.NORMAL, sharing);
    desk.start();
    schedule.run(TURNS);
    return desk;
  }

  private GatewayModel gateway(RoomDesk desk) {
    Directory directory = Directory.alone("n1", new ShardMap(1, false));
    GatewayModel gateway = new GatewayModel(schedule, "gateway", directory, new GatewayModel.Wire() {
      @Override
      public Future<? extends Message> ask(String node, Message question) {
        return desk.ask(question);
      }

      @Override
      public void tell(String node, Message message) {
        desk.tell(message);
      }
    });
    gateways = (address, delivery) -> gateway.deliver(delivery);
    return gateway;
  }

  private Message ask(RoomDesk desk, Message question) {
    Future<? extends Message> answer = desk.ask(question);
    schedule.run(TURNS);
    assertThat(answer.isComplete()).isTrue();
    return answer.result();
  }

  private Appended append(RoomDesk desk, Source source, Draft... drafts) {
    String orgId = drafts.length == 0 ? "acme" : drafts[0].orgId();
    return (Appended) ask(desk, new Append(orgId, List.of(drafts), source));
  }

  private static Outbox outbox(long first) {
    return new Outbox(LAPTOP, "user u", first, List.of());
  }

  private static Cloud range(long after, long through, boolean anew) {
    return new Cloud("acme", LOG, after, through, anew);
  }
}
