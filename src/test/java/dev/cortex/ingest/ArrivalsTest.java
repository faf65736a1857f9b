package dev.cortex.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cortex.base.Clock;
import dev.cortex.bus.Addresses;
import dev.cortex.bus.Codecs;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Message.Appended;
import dev.cortex.bus.Message.Budget;
import dev.cortex.bus.Message.Format;
import dev.cortex.bus.Message.Ingest;
import dev.cortex.bus.Message.Ingested;
import dev.cortex.bus.Requests;
import dev.cortex.bus.ShardMap;
import dev.cortex.bus.Source;
import dev.cortex.config.ConfigLoader;
import dev.cortex.config.ConfigSource;
import dev.cortex.config.ConfigSource.Assignment;
import dev.cortex.config.CortexConfig;
import dev.cortex.event.ChannelPattern;
import dev.cortex.event.Desktop;
import dev.cortex.event.Draft;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.event.Position;
import dev.cortex.event.Principal;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Scope;
import dev.cortex.ops.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Events of other logs, as their rooms get to see them; the room is played by the test. */
@Timeout(120)
final class ArrivalsTest {

  private static final Desktop LAPTOP = new Desktop("laptop", "i1");
  private static final Principal USER =
      new Principal("user-1", false, Set.of("acme"), Set.of(Scope.PUBLISH), List.of(), Long.MAX_VALUE);
  private static final Source.Cloud RANGE = new Source.Cloud("acme", "alog000000000", 4, 9, false);
  private static final Position CURSOR = new Position("alog000000000", 9);

  private final Vertx vertx = Vertx.vertx();
  private final List<Append> asked = new CopyOnWriteArrayList<>();
  private final Metrics metrics = new Metrics();
  private volatile Consumer<Message<Append>> room = ArrivalsTest::accept;

  @BeforeEach
  void start() throws Exception {
    Codecs.register(vertx.eventBus());
    vertx.eventBus().<Append>consumer(Addresses.room("me"), received -> {
      asked.add(received.body());
      room.accept(received);
    });
    ConfigSource strict = new ConfigSource(
        "local",
        Optional.empty(),
        Map.of(),
        List.of(
            new Assignment("--data-dir", "data_dir", "unused"),
            new Assignment("--set", "message_contract.require_sequence", "true"),
            new Assignment("--set", "message_contract.require_idempotency_key", "true"),
            new Assignment("--set", "message_contract.max_payload_size_kb", "1")));
    CortexConfig config = ConfigLoader.load(strict).config();
    Directory directory = Directory.alone("me", new ShardMap(8, false));
    done(vertx.deployVerticle(new IngestVerticle(config, metrics, Clock.SYSTEM, directory)));
  }

  @AfterEach
  void stop() throws Exception {
    done(vertx.close());
  }

  private static void accept(Message<Append> received) {
    List<Outcome> outcomes = new ArrayList<>();
    Append append = received.body();
    int refused = append.source() instanceof Source.Outbox outbox ? outbox.refused().size() : 0;
    for (int i = 0; i < append.drafts().size() + refused; i++) {
      outcomes.add(Outcome.accepted("answer-" + i, 10 + i, 0));
    }
    received.reply(new Appended(outcomes, Budget.UNLIMITED, Optional.of(CURSOR)));
  }

  @Test
  void numbersAreThePlacesInTheRequestWhateverIsRefused() throws Exception {
    Ingested answer = outbox(USER, 7, "["
        + "{'id':'a','orgId':'acme','type':'t'},"
        + "{'id':'b','orgId':'acme','type':'!','agentId':'planner','sessionId':'s','sequence':4},"
        + "{'id':'c','orgId':'acme','type':'t','userId':'somebody'},"
        + "{'id':'d','orgId':'acme','type':'t','agentId':'planner','sessionId':'s2','sequence':1}]");
    Append append = only();
    assertThat(append.orgId()).isEqualTo("acme");
    assertThat(append.drafts()).extracting(Draft::id).containsExactly("a", "d");
    assertThat(append.drafts()).extracting(Draft::origin).containsOnly("laptop/i1");
    Source.Outbox source = (Source.Outbox) append.source();
    assertThat(source.desktop()).isEqualTo(LAPTOP);
    assertThat(source.first()).isEqualTo(7);
    assertThat(source.refused()).extracting(Source.Refused::number).containsExactly(8L, 9L);
    Source.Refused invalid = source.refused().get(0);
    assertThat(invalid.agentId()).isEqualTo("planner");
    assertThat(invalid.sessionId()).isEqualTo("s");
    assertThat(invalid.sequence()).isEqualTo(4);
    assertThat(invalid.outcome().id()).isEqualTo("b");
    assertThat(invalid.outcome().error()).contains(ErrorCode.INVALID_EVENT);
    assertThat(source.refused().get(1).outcome().error()).contains(ErrorCode.FORBIDDEN);
    assertThat(answer.outcomes()).extracting(Outcome::id)
        .containsExactly("answer-0", "answer-1", "answer-2", "answer-3");
  }

  @Test
  void whoHasNoNameOnItsDesktopIsTheTokensUser() throws Exception {
    String events = "[{'id':'a','orgId':'acme','type':'t','userId':'local'},"
        + "{'id':'b','type':'t'},{'id':'c','type':'t','userId':'user-1'}]";
    outbox(USER, 1, events);
    assertThat(only().drafts()).extracting(Draft::userId).containsOnly("user-1").hasSize(3);
    asked.clear();
    Principal service =
        new Principal("fleet", true, Set.of("acme"), Set.of(Scope.PUBLISH), List.of(), Long.MAX_VALUE);
    outbox(service, 1, events);
    assertThat(only().drafts()).extracting(Draft::userId).containsExactly("local", "fleet", "user-1");
  }

  @Test
  void channelsOfTheTokenRefuseSingleEventsOfAnOutbox() throws Exception {
    List<ChannelPattern> planner = List.of(ChannelPattern.parse("acme:planner").orElseThrow());
    Principal bounded =
        new Principal("user-1", false, Set.of("acme"), Set.of(Scope.PUBLISH), planner, Long.MAX_VALUE);
    outbox(bounded, 3, "[{'id':'a','type':'t'},{'id':'b','type':'t','agentId':'planner','sessionId':'s'}]");
    assertThat(only().drafts()).extracting(Draft::id).containsExactly("b");
    assertThat(((Source.Outbox) only().source()).refused())
        .singleElement()
        .satisfies(refused -> assertThat(refused.number()).isEqualTo(3));
  }

  @Test
  void eventWithoutAnIdOrWithTooMuchPayloadIsRefusedByItsNumber() throws Exception {
    String large = "x".repeat(1_100);
    outbox(USER, 1, "[{'type':'t'},{'id':'b','type':'t','payload':{'x':'" + large + "'}}]");
    assertThat(only().drafts()).isEmpty();
    assertThat(((Source.Outbox) only().source()).refused())
        .extracting(refused -> refused.outcome().error().orElseThrow())
        .containsExactly(ErrorCode.INVALID_EVENT, ErrorCode.PAYLOAD_TOO_LARGE);
  }

  @Test
  void outboxIsOfOneOrgAndOfTheCallers() {
    assertRefused(
        ErrorCode.BAD_REQUEST,
        () -> outbox(USER, 1, "[{'id':'a','orgId':'acme','type':'t'},{'id':'b','orgId':'beta','type':'t'}]"));
    assertRefused(
        ErrorCode.BAD_REQUEST,
        () -> outbox(USER, 1, "[{'id':'a','orgId':'acme','type':'t'},{'id':'b','orgId':'beta','type':'!'}]"));
    assertRefused(ErrorCode.BAD_REQUEST, () -> outbox(Principal.LOCAL, 1, "[{'id':'a','type':'t'}]"));
    assertRefused(ErrorCode.FORBIDDEN, () -> outbox(USER, 1, "[{'id':'a','orgId':'beta','type':'t'}]"));
    assertRefused(ErrorCode.FORBIDDEN, () -> outbox(USER, 1, "[{'id':'a','orgId':'beta','type':'!'}]"));
    Principal reader =
        new Principal("user-1", false, Set.of("acme"), Set.of(Scope.SUBSCRIBE), List.of(), Long.MAX_VALUE);
    assertRefused(ErrorCode.FORBIDDEN, () -> outbox(reader, 1, "[{'id':'a','orgId':'acme','type':'t'}]"));
    assertThat(asked).isEmpty();
  }

  @Test
  void outboxOfNothingAsksNobody() throws Exception {
    assertThat(outbox(USER, 12, "[]").outcomes()).isEmpty();
    assertThat(asked).isEmpty();
  }

  @Test
  void whatTheRoomDoesNotAnswerForIsUnknownForEveryNumber() throws Exception {
    room = received -> Requests.refuse(received, ErrorCode.TIMEOUT, "no answer in time");
    Ingested answer = outbox(USER, 1, "[{'id':'a','type':'t'},{'id':'b','type':'!'},{'id':'c','type':'t'}]");
    assertThat(answer.outcomes()).extracting(Outcome::id).containsExactly("a", "b", "c");
    assertThat(answer.outcomes()).extracting(Outcome::status).containsOnly(Outcome.Status.UNKNOWN);
    assertThat(asked).as("a numbered request is not repeated in parts").hasSize(1);
  }

  @Test
  void movingRoomIsAskedAgainWithTheSameNumbers() throws Exception {
    room = received -> {
      if (asked.size() < 3) {
        Requests.refuse(received, ErrorCode.MOVED, "moving");
      } else {
        accept(received);
      }
    };
    Ingested answer = outbox(USER, 5, "[{'id':'a','type':'t'},{'id':'b','type':'!'}]");
    assertThat(answer.outcomes()).extracting(Outcome::status).containsOnly(Outcome.Status.ACCEPTED).hasSize(2);
    assertThat(asked).hasSize(3).allSatisfy(append -> assertThat(append).isEqualTo(asked.get(0)));
  }

  @Test
  void gapIsTheRequestsFate() {
    room = received -> Requests.refuse(received, ErrorCode.OUTBOX_GAP, "the next number is 3");
    assertRefused(ErrorCode.OUTBOX_GAP, () -> outbox(USER, 9, "[{'id':'a','type':'t'}]"));
  }

  @Test
  void answerForOtherEventsIsNotTaken() throws Exception {
    room = received -> received.reply(new Appended(List.of(), Budget.UNLIMITED));
    assertThat(outbox(USER, 1, "[{'id':'a','type':'t'}]").outcomes())
        .singleElement()
        .satisfies(outcome -> assertThat(outcome.error()).contains(ErrorCode.INTERNAL));
  }

  @Test
  void rangeOfTheCloudKeepsWhatEachEventIs() throws Exception {
    Ingested answer = arrive(RANGE, "["
        + "{'id':'a','orgId':'acme','userId':'u','type':'t','timestamp':5,'receivedAt':6,'offset':5,'cursor':'x.5'},"
        + "{'id':'b','orgId':'acme','userId':'u','type':'t','timestamp':5,'origin':'other/i7','agentId':'p',"
        + "'sessionId':'s','sequence':3,'traceId':'0af7651916cd43dd8448eb211c80319c'}]");
    assertThat(only().source()).isEqualTo(RANGE);
    assertThat(only().drafts()).extracting(Draft::origin).containsExactly("cloud", "other/i7");
    Draft session = only().drafts().get(1);
    assertThat(session.userId()).isEqualTo("u");
    assertThat(session.timestamp()).isEqualTo(5);
    assertThat(session.sequence()).isEqualTo(3);
    assertThat(session.traceId()).isEqualTo("0af7651916cd43dd8448eb211c80319c");
    assertThat(session.idGiven()).isTrue();
    assertThat(answer.cursor()).contains(CURSOR);
    assertThat(answer.outcomes()).extracting(Outcome::offset).containsExactly(10L, 11L);
  }

  @Test
  void nothingInARangeStopsTheRest() throws Exception {
    Ingested answer = arrive(RANGE, "[{'id':'a','orgId':'acme','type':'!'},{'id':'b','orgId':'acme','type':'t'},"
        + "{'id':'c','orgId':'beta','type':'t'},{'orgId':'acme','type':'t'},7,{'id':'f','orgId':'acme','type':'t'}]");
    assertThat(only().drafts()).extracting(Draft::id).containsExactly("b", "f");
    assertThat(answer.outcomes()).extracting(outcome -> outcome.error().map(ErrorCode::code).orElse("stored"))
        .containsExactly("invalid_event", "stored", "forbidden", "invalid_event", "invalid_event", "stored");
    assertThat(answer.cursor()).contains(CURSOR);
    assertThat(metrics.scrape()).contains("cortex_refused_total{code=\"forbidden\"} 1.0");
  }

  @Test
  void emptyRangeMovesTheCursorToo() throws Exception {
    assertThat(arrive(RANGE, "[]").cursor()).contains(CURSOR);
    assertThat(only().drafts()).isEmpty();
    asked.clear();
    assertThat(arrive(RANGE, "[{'id':'c','orgId':'beta','type':'t'}]").cursor()).contains(CURSOR);
    assertThat(only().drafts()).isEmpty();
  }

  @Test
  void payloadThatTheCloudTookIsNotTooLargeHere() throws Exception {
    String payload = "x".repeat((1 << 20) - 10);
    arrive(RANGE, "[{'id':'a','orgId':'acme','type':'t','payload':{'x':'" + payload + "'}}]");
    assertThat(only().drafts()).hasSize(1);
    asked.clear();
    arrive(RANGE, "[{'id':'a','orgId':'acme','type':'t','payload':{'x':'" + payload + "x".repeat(10) + "'}}]");
    assertThat(only().drafts()).isEmpty();
  }

  @Test
  void refusalOfTheRoomIsTheFateOfARange() {
    room = received -> Requests.refuse(received, ErrorCode.STORAGE_FULL, "full");
    assertRefused(ErrorCode.STORAGE_FULL, () -> arrive(RANGE, "[]"));
  }

  @Test
  void singleEventGoesToItsOrgAndNeedsAnId() throws Exception {
    Ingested answer = arrive(new Source.Single(), "[{'id':'a','orgId':'acme','type':'t'},{'orgId':'acme','type':'t'},"
        + "{'id':'c','orgId':'beta','type':'t','userId':'u','origin':'other/i7'}]");
    assertThat(asked).extracting(Append::orgId).containsExactlyInAnyOrder("acme", "beta");
    assertThat(asked).allSatisfy(append -> assertThat(append.source()).isEqualTo(new Source.Single()));
    assertThat(asked).flatExtracting(Append::drafts).extracting(Draft::origin)
        .containsExactlyInAnyOrder("cloud", "other/i7");
    assertThat(answer.outcomes()).extracting(Outcome::status)
        .containsExactly(Outcome.Status.ACCEPTED, Outcome.Status.REJECTED, Outcome.Status.ACCEPTED);
    assertThat(answer.cursor()).isEmpty();
  }

  @Test
  void singleEventOfAnOrgThatIsNotSyncedIsForbidden() throws Exception {
    Principal cloud =
        new Principal("cloud", true, Set.of("acme"), Set.of(Scope.PUBLISH), List.of(), Long.MAX_VALUE);
    Ingested answer = ask(cloud, new Source.Single(), "{'id':'a','orgId':'beta','type':'t'}", Format.JSON);
    assertThat(answer.outcomes().get(0).error()).contains(ErrorCode.FORBIDDEN);
    assertThat(asked).isEmpty();
  }

  @Test
  void producerCannotSayWhereItsEventComesFrom() throws Exception {
    String event = "{'id':'a','orgId':'acme','type':'t','idempotencyKey':'k','origin':'other/i7'}";
    ask(Principal.LOCAL, Source.PRODUCERS, event, Format.JSON);
    String cloudEvent = "{'specversion':'1.0','source':'x','id':'b','orgid':'acme','type':'t','idempotencykey':'l',"
        + "'origin':'other/i7'}";
    ask(Principal.LOCAL, Source.PRODUCERS, cloudEvent, Format.CLOUDEVENT);
    ask(Principal.LOCAL, Source.PRODUCERS, '[' + cloudEvent + ']', Format.CLOUDEVENTS);
    assertThat(asked).flatExtracting(Append::drafts).extracting(Draft::origin).containsExactly("", "", "");
    assertThat(asked).extracting(Append::source).containsOnly(Source.PRODUCERS);
  }

  private Ingested outbox(Principal principal, long first, String body) throws Exception {
    return ask(principal, new Source.Outbox(LAPTOP, "user u", first, List.of()), body, Format.JSON);
  }

  private Ingested arrive(Source source, String body) throws Exception {
    return ask(Principal.LOCAL, source, body, Format.JSON);
  }

  private Ingested ask(Principal principal, Source source, String body, Format format) throws Exception {
    byte[] bytes = body.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    Ingest ingest = new Ingest(bytes, format, Map.of(), principal, "trace-of-the-request", source);
    return done(Requests.ask(vertx.eventBus(), Addresses.INGEST, ingest, Ingested.class, 60_000));
  }

  private Append only() {
    assertThat(asked).hasSize(1);
    return asked.get(0);
  }

  private static void assertRefused(ErrorCode code, org.assertj.core.api.ThrowableAssert.ThrowingCallable ask) {
    assertThatThrownBy(ask)
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOfSatisfying(RefusedException.class, refused -> assertThat(refused.code()).isEqualTo(code));
  }

  private static <T> T done(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }
}
