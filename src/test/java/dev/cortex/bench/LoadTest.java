package dev.cortex.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Shows that the load generator counts right, against a server that keeps its promises and one that breaks them. */
@Timeout(30)
final class LoadTest {

  /** What the server does with the tenth event. */
  private enum Tenth {
    DELIVER,
    LOSE,
    REPEAT
  }

  private final Vertx vertx = Vertx.vertx();
  private final List<ServerWebSocket> sockets = new ArrayList<>();
  private volatile Tenth tenth = Tenth.DELIVER;
  private int events;
  private Target target;

  @BeforeEach
  void startServer() throws Exception {
    var server =
        vertx.createHttpServer().webSocketHandler(sockets::add).requestHandler(this::answer).listen(0, "127.0.0.1")
            .await(5, TimeUnit.SECONDS);
    target = Target.running("127.0.0.1", server.actualPort());
  }

  @AfterEach
  void stopServer() throws Exception {
    vertx.close().await(5, TimeUnit.SECONDS);
  }

  private void answer(HttpServerRequest request) {
    if (request.method() == HttpMethod.GET) {
      var shown = "Bearer token".equals(request.getHeader("Authorization"));
      request.response().setStatusCode(shown ? 204 : 401).end();
    } else {
      publish(request);
    }
  }

  private void publish(HttpServerRequest request) {
    request.body().onSuccess(
        body -> {
          var batch = body.toString().startsWith("[") ? body.toJsonArray() : new JsonArray().add(body.toJsonObject());
          batch.forEach(event -> deliver((JsonObject) event));
          request.response().end("{\"accepted\":" + batch.size() + ",\"results\":[]}");
        });
  }

  private void deliver(JsonObject event) {
    events++;
    var doing = events == 10 ? tenth : Tenth.DELIVER;
    var times =
        switch (doing) {
          case DELIVER -> 1;
          case LOSE -> 0;
          case REPEAT -> 2;
        };
    for (var socket : sockets) {
      for (var i = 0; i < times; i++) {
        socket.writeTextMessage(event.encode());
      }
    }
  }

  private Subscribers.Seen publishTwenty(long arriving) throws Exception {
    try (var subscribers = new Subscribers(target.address(), "/ws", 3);
        var publisher = new Publisher(target.address(), Entry.open("/api/events"), "bench", 100)) {
      subscribers.awaitOpen(5_000);
      var published = publisher.atRate(1_000, 1_000, 20);
      assertThat(published.accepted()).isEqualTo(20);
      subscribers.awaitDelivered(arriving, 5_000);
      return subscribers.seen();
    }
  }

  @Test
  void everyEventOnceAndInOrderIsNoFault() throws Exception {
    var seen = publishTwenty(60);

    assertThat(seen.deliveries()).isEqualTo(60);
    assertThat(seen.wrong()).isZero();
    assertThat(seen.latencyUs().getTotalCount()).isEqualTo(60);
  }

  @Test
  void lostEventIsOneFaultAConnection() throws Exception {
    tenth = Tenth.LOSE;

    var seen = publishTwenty(57);

    assertThat(seen.wrong()).isEqualTo(3);
    assertThat(seen.firstFault()).isEqualTo("event 10 came where 9 was expected");
  }

  @Test
  void repeatedEventIsOneFaultAConnection() throws Exception {
    tenth = Tenth.REPEAT;

    var seen = publishTwenty(63);

    assertThat(seen.wrong()).isEqualTo(3);
    assertThat(seen.firstFault()).isEqualTo("event 9 came where 10 was expected");
  }

  @Test
  void closedLoopWaitsForWhatIsUnderWay() throws Exception {
    try (var fanout = Fanout.open(target, 4, 100)) {
      var row = fanout.closed(5, 2, 300);

      assertThat(row.faults()).isZero();
      assertThat(row.deliveriesPerSecond()).isPositive();
      assertThat(row.eventsPerSecond() * 4).isCloseTo(row.deliveriesPerSecond(), withPercentage(1));
    }
  }

  @Test
  void ingestCountsWhatWasAccepted() throws Exception {
    var row = new Ingest(2, 10, 100).run(target, 300);

    assertThat(row.faults()).isZero();
    assertThat(row.eventsPerSecond()).isPositive();
    assertThat(row.latencyUs().getTotalCount()).isPositive();
  }

  /** Five requests over two connections, each answered before the next of its connection. */
  private Loop.Measured fiveOf(Entry entry, int wantedStatus, Loop.Sender sender) throws Exception {
    var left = new AtomicInteger(5);
    try (var loop = new Loop(wantedStatus)) {
      for (var i = 0; i < 2; i++) {
        loop.open(target.address(), entry, line -> left.getAndDecrement() > 0 && sender.send(line));
      }
      return loop.finish(10_000, () -> 0);
    }
  }

  private static boolean poll(HttpLine line) throws IOException {
    line.get(Ticks.nowUs());
    return true;
  }

  @Test
  void pollsAreAnsweredWithoutABody() throws Exception {
    var measured = fiveOf(new Entry("/since", "token"), 204, LoadTest::poll);

    assertThat(measured.answers()).isEqualTo(5);
    assertThat(measured.refused()).isZero();
    assertThat(measured.latencyUs().getTotalCount()).isEqualTo(5);
  }

  @Test
  void anAnswerOfAnotherStatusIsAFault() throws Exception {
    var measured = fiveOf(Entry.open("/since"), 204, LoadTest::poll);

    assertThat(measured.refused()).isEqualTo(5);
  }

  @Test
  void whatIsToBeSentOnceIsSentOnce() throws Exception {
    var measured = fiveOf(Entry.open("/api/events"), 200, line -> {
      line.post(Publisher.batch("bench", 0, 3, 100, 0), Ticks.nowUs());
      return true;
    });

    assertThat(measured.answers()).isEqualTo(5);
    assertThat(measured.accepted()).isEqualTo(15);
  }
}
