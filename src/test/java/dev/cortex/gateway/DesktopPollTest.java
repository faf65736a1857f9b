package dev.cortex.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Message;
import dev.cortex.bus.Message.AskOwner;
import dev.cortex.bus.Message.Attach;
import dev.cortex.bus.Message.Attached;
import dev.cortex.bus.Message.Covered;
import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.Message.Head;
import dev.cortex.bus.Message.Locate;
import dev.cortex.bus.Message.Located;
import dev.cortex.bus.Message.Owned;
import dev.cortex.bus.Message.Page;
import dev.cortex.bus.Message.Read;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Position;
import dev.cortex.event.Priority;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Since;
import dev.cortex.event.StoredEvent;
import dev.cortex.testing.BareGateway;
import dev.cortex.testing.Patience;
import dev.cortex.testing.RawHttp;
import dev.cortex.testing.UserToken;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Polls of desktops at a cloud node; the org's room is played by the test. */
@Timeout(300)
class DesktopPollTest {

  private static final String ACME = "Authorization: Bearer " + UserToken.of("acme").text();
  private static final String SELF = "laptop/i1";
  private static final String DESKTOP = "Cortex-Desktop: " + SELF;
  private static final String LOG = "alog000000000";

  private final List<StoredEvent> log = new CopyOnWriteArrayList<>();
  private final List<Message> asked = new CopyOnWriteArrayList<>();
  private volatile long receivedAt = System.currentTimeMillis();
  private volatile Optional<Future<Void>> readsWait = Optional.empty();
  /** Everything up to there is trimmed, whatever was found before. */
  private volatile long floor;
  /** What happens between a place being found and its page being read. */
  private volatile Runnable meanwhile = () -> {};
  private BareGateway cloud;

  @BeforeEach
  void start() throws Exception {
    cloud = BareGateway.cloud();
    cloud.playsRoom(this::room);
  }

  @AfterEach
  void stop() throws Exception {
    cloud.close();
  }

  private Head head() {
    return new Head("acme", new Position(LOG, log.size()), floor, 1, receivedAt);
  }

  private Future<? extends Message> room(Message question) {
    asked.add(question);
    if (question instanceof Attach) {
      return Future.succeededFuture(new Attached(Optional.of(head())));
    } else if (question instanceof AskOwner) {
      return Future.succeededFuture(new Owned(Optional.of("acme")));
    } else if (question instanceof Locate locate) {
      long after = locate.since() instanceof Since.Cursor cursor ? cursor.position().offset() : floor;
      return after < floor ? pruned() : Future.succeededFuture(new Located(head(), after, log.size() - after));
    } else if (question instanceof Read read) {
      meanwhile.run();
      if (read.after() < floor) {
        return pruned();
      }
      int from = (int) read.after();
      int through = Math.min(log.size(), from + read.eventsMax());
      Page page = new Page(head(), List.copyOf(log.subList(from, through)), through);
      return readsWait.orElse(Future.succeededFuture()).map(waited -> page);
    }
    return Future.failedFuture("nothing else is asked: " + question);
  }

  private static Future<? extends Message> pruned() {
    return Future.failedFuture(new RefusedException(ErrorCode.CURSOR_PRUNED, "trimmed"));
  }

  private StoredEvent happens(String origin) {
    long offset = log.size() + 1;
    byte[] json = ("{\"id\":\"e" + offset + "\"}").getBytes(StandardCharsets.UTF_8);
    StoredEvent event = new StoredEvent(offset, "", "", 0, Priority.STANDARD, receivedAt, origin, json);
    log.add(event);
    return event;
  }

  private void delivered(StoredEvent event) {
    long offset = event.offset();
    cloud.delivers(
        new Delivery(BareGateway.NODE, "acme", LOG, 1, offset - 1, offset, List.of(event), offset));
  }

  private static String target(long cursor, String more) {
    return "/api/events/since?orgId=acme&cursor=" + LOG + "." + cursor + more;
  }

  private RawHttp.Answer poll(long cursor, String more, String... headers) throws Exception {
    List<String> all = new ArrayList<>(List.of(headers));
    all.add(ACME);
    return cloud.ask("GET", target(cursor, more), "", all.toArray(String[]::new));
  }

  private static List<String> ids(RawHttp.Answer answer) {
    assertThat(answer.status()).isEqualTo(200);
    return answer.json().getJsonArray("events").stream().map(event -> ((JsonObject) event).getString("id")).toList();
  }

  private long count(Class<? extends Message> type) {
    return asked.stream().filter(type::isInstance).count();
  }

  @Test
  void ownEventsAreLeftOutAndCovered() throws Exception {
    for (String origin : new String[] {"", SELF, "laptop/i0", SELF, "other/i1", SELF}) {
      happens(origin);
    }
    RawHttp.Answer answer = poll(0, "", DESKTOP);
    assertThat(ids(answer)).as("another incarnation is another desktop").containsExactly("e1", "e3", "e5");
    assertThat(answer.header("Cortex-Cursor")).isEqualTo(LOG + ".6");
    assertThat(answer.json().getString("cursor")).isEqualTo(LOG + ".6");
    assertThat(answer.json().getBoolean("hasMore")).isFalse();
    assertThat(ids(poll(0, ""))).hasSize(6);
    assertThat(ids(poll(0, "&limit=2", "Cortex-Desktop: other/i1"))).hasSize(2);
  }

  @Test
  void pollByTimeThatMeetsATrimIsReadFromTheNewFloor() throws Exception {
    for (int i = 0; i < 5; i++) {
      happens("");
    }
    meanwhile = () -> floor = Math.min(floor + 1, 3);
    assertThat(ids(cloud.ask("GET", "/api/events/since?orgId=acme&cursor=0", "", ACME)))
        .as("trimmed three times while it was read").containsExactly("e4", "e5");
    meanwhile = () -> {};
    RawHttp.Answer lost = poll(0, "");
    assertThat(lost.status()).as("whoever names a place is told that it is gone").isEqualTo(410);
    assertThat(lost.code()).isEqualTo("pruned");
  }

  @Test
  void pollByTimeOfALogThatIsTrimmedWithoutEndIsToldToComeAgain() throws Exception {
    for (int i = 0; i < 50; i++) {
      happens("");
    }
    meanwhile = () -> floor++;
    RawHttp.Answer answer = cloud.ask("GET", "/api/events/since?orgId=acme&cursor=1", "", ACME);
    assertThat(answer.code()).isEqualTo("overloaded");
    assertThat(count(Read.class)).isEqualTo(8);
  }

  @Test
  void nothingButOwnEventsIsNothingWithANewCursor() throws Exception {
    happens("");
    happens(SELF);
    happens(SELF);
    RawHttp.Answer answer = poll(1, "", DESKTOP);
    assertThat(answer.status()).isEqualTo(204);
    assertThat(answer.header("Cortex-Cursor")).isEqualTo(LOG + ".3");
    assertThat(answer.header("Cortex-Next-Poll-After-Ms")).isEqualTo("5000");
  }

  @Test
  void longRunOfOwnEventsIsPassedInSteps() throws Exception {
    for (int i = 0; i < 20; i++) {
      happens(SELF);
    }
    happens("");
    long cursor = 0;
    List<String> seen = new ArrayList<>();
    int polls = 0;
    while (cursor < 21) {
      RawHttp.Answer answer = poll(cursor, "&limit=1", DESKTOP);
      seen.addAll(ids(answer));
      long reached = Long.parseLong(answer.header("Cortex-Cursor").substring(LOG.length() + 1));
      assertThat(reached).isGreaterThan(cursor);
      assertThat(answer.json().getBoolean("hasMore")).isEqualTo(reached < 21);
      cursor = reached;
      polls++;
    }
    assertThat(seen).containsExactly("e21");
    assertThat(polls).isLessThan(10);
  }

  @Test
  void heldPollGoesOnWhenOnlyOwnEventsCame() throws Exception {
    happens("");
    try (RawHttp held = RawHttp.connect(cloud.port())) {
      held.send(held.request("GET", target(1, "&wait=20"), "", ACME, DESKTOP));
      Patience.until("the poll listens", 60, () -> count(Attach.class) > 0);
      delivered(happens(SELF));
      delivered(happens(SELF));
      held.patience(300);
      assertThat(held.ends()).as("nothing is there for it").isFalse();
      delivered(happens("other/i1"));
      RawHttp.Answer answer = held.patience(60_000).answer();
      assertThat(ids(answer)).containsExactly("e4");
      assertThat(answer.header("Cortex-Cursor")).isEqualTo(LOG + ".4");
    }
  }

  @Test
  void heldPollEndsWithTheCursorThatItReached() throws Exception {
    happens("");
    try (RawHttp held = RawHttp.connect(cloud.port())) {
      held.send(held.request("GET", target(1, "&wait=5"), "", ACME, DESKTOP));
      Patience.until("the poll listens", 60, () -> count(Attach.class) > 0);
      delivered(happens(SELF));
      RawHttp.Answer answer = held.answer();
      assertThat(answer.status()).isEqualTo(204);
      assertThat(answer.header("Cortex-Cursor")).isEqualTo(LOG + ".2");
      assertThat(answer.header("Cortex-Next-Poll-After-Ms")).isNotEmpty();
    }
  }

  @Test
  void pollIsHeldOnlyWhileSomethingHappensInItsOrg() throws Exception {
    receivedAt = System.currentTimeMillis() - 301_000;
    happens("");
    long begun = System.nanoTime();
    RawHttp.Answer answer = poll(1, "&wait=20", DESKTOP);
    assertThat(answer.status()).isEqualTo(204);
    assertThat(answer.header("Cortex-Cursor")).isEqualTo(LOG + ".1");
    assertThat((System.nanoTime() - begun) / 1_000_000).as("not held").isLessThan(18_000);
    receivedAt = System.currentTimeMillis() - 200_000;
    begun = System.nanoTime();
    assertThat(poll(1, "&wait=1", DESKTOP).status()).isEqualTo(204);
    assertThat((System.nanoTime() - begun) / 1_000_000).isGreaterThan(900);
  }

  @Test
  void malformedDesktopIsRefused() throws Exception {
    for (String wrong : new String[] {"laptop", "laptop/", "lap top/i1", "laptop/i1/i2", ""}) {
      assertThat(poll(0, "", "Cortex-Desktop: " + wrong).code()).as(wrong).isEqualTo("bad_request");
    }
    assertThat(poll(0, "", DESKTOP, DESKTOP).code()).isEqualTo("bad_request");
  }

  @Test
  void desktopsAtDifferentCursorsAreServedFromOneTail() throws Exception {
    for (int i = 0; i < 5; i++) {
      happens("");
    }
    assertThat(ids(poll(0, "", DESKTOP))).hasSize(5); // from the log; from now on the gateway listens
    Patience.until("the gateway listens", 60, () -> count(Attach.class) > 0);
    Patience.until("its feed is there", 60, () -> {
      asked.clear();
      assertThat(poll(5, "", DESKTOP).status()).isEqualTo(204);
      return count(Locate.class) == 0;
    });
    for (int i = 0; i < 10; i++) {
      delivered(happens(""));
    }
    Patience.until("it heard of all", 60, () -> {
      asked.clear();
      return poll(14, "", DESKTOP).status() == 200 && asked.stream().allMatch(Covered.class::isInstance);
    });
    String fromTheLog = fromTheLog();
    asked.clear();
    for (int desktop = 0; desktop < 20; desktop++) {
      int cursor = 5 + desktop % 10;
      assertThat(ids(poll(cursor, "", "Cortex-Desktop: desktop-" + desktop + "/i1"))).hasSize(15 - cursor);
    }
    assertThat(asked)
        .as("all of it was known at the gateway; reports of what it covers may still come in")
        .allMatch(Covered.class::isInstance);
    assertThat(fromTheLog()).as("polls that needed the log").isEqualTo(fromTheLog);
  }

  private String fromTheLog() {
    return cloud.metrics().scrape().lines().filter(line -> line.startsWith("cortex_polls_total{source=\"log\"}"))
        .findFirst().orElseThrow();
  }

  @Test
  void desktopsAtTheSameCursorShareOneRead() throws Exception {
    for (int i = 0; i < 5; i++) {
      happens("");
    }
    Promise<Void> slow = Promise.promise();
    readsWait = Optional.of(slow.future());
    List<RawHttp> polls = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      RawHttp http = RawHttp.connect(cloud.port());
      http.send(http.request("GET", target(0, ""), "", ACME, "Cortex-Desktop: desktop-" + i + "/i1"));
      polls.add(http);
    }
    Patience.until("all have looked", 60, () -> count(Locate.class) == 5);
    // its question comes behind theirs: with its answer they have theirs, and wait for the page
    assertThat(poll(5, "", DESKTOP).status()).isEqualTo(204);
    slow.complete();
    for (RawHttp http : polls) {
      assertThat(ids(http.answer())).hasSize(5);
      http.close();
    }
    assertThat(count(Read.class)).isEqualTo(1);
  }

  @Test
  void desktopItselfHoldsPollsWhenNothingHappensEither() throws Exception {
    receivedAt = 0;
    happens("");
    try (BareGateway desktop = BareGateway.desktop()) {
      desktop.playsRoom(this::room);
      long begun = System.nanoTime();
      RawHttp.Answer answer = desktop.ask("GET", target(1, "&wait=1"), "", "Cortex-Desktop: whatever");
      assertThat(answer.status()).isEqualTo(204);
      assertThat((System.nanoTime() - begun) / 1_000_000).isGreaterThan(900);
    }
  }
}
