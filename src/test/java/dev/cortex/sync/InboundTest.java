package dev.cortex.sync;

import static dev.cortex.testing.Patience.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Answers to polls that are longer than anybody wants to read, or that come when nobody waits for them any more. */
@Timeout(300)
final class InboundTest {

  private static final String SINCE = "/api/events/since";
  /** Far more than a desktop reads of an answer, and what sockets hold beside it. */
  private static final long MUCH = 64L << 20;

  @TempDir private Path dataDir;
  private BridgeBed bed;

  @BeforeEach
  void desktop() throws Exception {
    bed = new BridgeBed(dataDir, "sync.callback_url=https://desk.example/");
  }

  @AfterEach
  void noDesktop() throws Exception {
    bed.close();
  }

  /** Counts what goes out until whoever asked closes, or the most that is ever sent. */
  private static boolean endless(HttpServerRequest request, AtomicLong sent, AtomicInteger closed) {
    HttpServerResponse response = request.response().setChunked(true)
        .putHeader("Content-Type", "application/json").putHeader("Cortex-Cursor", FakeCloud.LOG + ".500");
    AtomicLong begun = new AtomicLong();
    AtomicLong mine = new AtomicLong();
    Buffer part = Buffer.buffer(" ".repeat(16_384));
    Runnable more = () -> {
      while (!response.closed() && !response.writeQueueFull() && begun.get() < MUCH) {
        begun.addAndGet(part.length());
        response.write(part).onSuccess(done -> sent.accumulateAndGet(mine.addAndGet(part.length()), Math::max));
      }
    };
    response.closeHandler(end -> closed.incrementAndGet());
    response.exceptionHandler(reset -> { });
    response.drainHandler(drained -> more.run());
    response.write("{\"events\":[");
    more.run();
    return true;
  }

  private int lastLimit() {
    List<FakeCloud.Asked> polls = bed.cloud.askedFor(SINCE);
    return polls.isEmpty() ? 500 : Integer.parseInt(polls.get(polls.size() - 1).query().get("limit"));
  }

  @Test
  void answerWithoutEndIsNotReadOnAndFewerEventsAreAskedFor() throws Exception {
    AtomicLong sent = new AtomicLong();
    AtomicInteger closed = new AtomicInteger();
    bed.cloud.fault(SINCE, request -> endless(request, sent, closed));
    bed.started();
    until("fewer are asked for", 60, () -> lastLimit() <= 31);
    until("it closed them", 60, () -> closed.get() >= 4);
    assertThat(sent.get()).as("bytes of the longest").isLessThan(MUCH);
    assertThat(bed.status().getString("lastError")).contains("an answer of more than");
    assertThat(bed.cursor()).isEmpty();
    bed.cloud.heal();
    bed.cloud.born("c1");
    until("it recovers", 60, () -> bed.ids().contains("c1") && bed.status().getValue("lastError") == null);
  }

  @Test
  void pageThatIsTooLongComesInShorterOnes() throws Exception {
    for (int i = 1; i <= 120; i++) {
      bed.cloud.born("c" + i).put("payload", new JsonObject().put("text", "x".repeat(60_000)));
    }
    bed.started();
    until("all are here", 60, () -> bed.cursor().equals(FakeCloud.LOG + ".120"));
    assertThat(lastLimit()).isLessThan(120);
  }

  @Test
  void cursorThatIsGoneSinceAPushMovedItIsNotTheEndOfTheLog() throws Exception {
    Timing patient = new Timing(50, 200, 20, 5_000, 20_000, 10_000, 300, 50, 20, 50, 300, 300);
    try (BridgeBed desk =
        new BridgeBed(dataDir.resolve("patient"), patient, "sync.callback_url=https://desk.example/")) {
      desk.cloud.born("c1");
      desk.started();
      until("it is here", 60, () -> desk.ids().contains("c1"));
      until("it is registered", 60, () -> desk.status().getJsonObject("callback").getBoolean("registered"));
      List<HttpServerRequest> held = new CopyOnWriteArrayList<>();
      desk.cloud.fault(SINCE, request -> held.isEmpty() && held.add(request));
      until("a poll is under way", 60, () -> !held.isEmpty());
      int polls = desk.cloud.askedFor(SINCE).size();
      JsonObject c2 = desk.cloud.born("c2");
      String range = BridgeBed.range(FakeCloud.LOG, 1, 2, c2);
      assertThat(desk.push(desk.secret(), range).getString("status")).isEqualTo("applied");
      FakeCloud.problem(held.get(0), 410, "pruned");
      until("it polls on", 60, () -> desk.cloud.askedFor(SINCE).size() > polls + 1);
      assertThat(desk.cloud.askedFor(SINCE).get(polls).query()).containsEntry("cursor", FakeCloud.LOG + ".2");
      assertThat(desk.ids()).containsExactly("c1", "c2");
    }
  }
}
