package dev.cortex.sync;

import static dev.cortex.sync.FakeCloud.cut;
import static dev.cortex.sync.FakeCloud.problem;
import static dev.cortex.testing.Patience.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Message.SetAside;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The outbox of a desktop whose log is real, on its way to a cloud that says what the test wants. */
@Timeout(120)
final class OutboxSenderTest {

  private static final String EVENTS = "/api/events";

  @TempDir private Path dataDir;
  private BridgeBed bed;

  @BeforeEach
  void desktop() throws Exception {
    bed = new BridgeBed(dataDir);
  }

  @AfterEach
  void noDesktop() throws Exception {
    bed.close();
  }

  private void impatient() throws Exception {
    bed.close();
    bed = new BridgeBed(dataDir, BridgeBed.IMPATIENT);
  }

  @Test
  void outboxArrivesInOrderAndIsConfirmed() throws Exception {
    bed.publish("l1", "l2");
    bed.started();
    until("two are there", 60, () -> bed.cloud.taken().equals(List.of("l1", "l2")));
    bed.publish("l3");
    until("the third is there", 60, () -> bed.cloud.taken().equals(List.of("l1", "l2", "l3")));
    until("all are confirmed", 60, () -> bed.state().outboxConfirmed() == 3);
    until("nothing waits", 60, () -> bed.status().getLong("outboxDepth") == 0);
  }

  @Test
  void thousandsOfEventsGoInBatches() throws Exception {
    for (int page = 0; page < 6; page++) {
      int from = page * 500;
      bed.publish(IntStream.range(from, from + 500).mapToObj(i -> "l" + i).toArray(String[]::new));
    }
    bed.started();
    until("all are there", 60, () -> bed.state().outboxConfirmed() == 3_000);
    assertThat(bed.cloud.taken()).isEqualTo(IntStream.range(0, 3_000).mapToObj(i -> "l" + i).toList());
  }

  @Test
  void refusedEventIsSetAsideAndHoldsUpNothing() throws Exception {
    bed.cloud.refuses(event -> event.getString("id").equals("l2")
        ? Optional.of(new JsonObject().put("code", "forbidden").put("message", "not there")) : Optional.empty());
    bed.publish("l1", "l2", "l3");
    bed.started();
    until("all are confirmed", 60, () -> bed.state().outboxConfirmed() == 3);
    assertThat(bed.cloud.taken()).containsExactly("l1", "l3");
    until("it is shown", 60, () -> bed.orgStatus().getJsonObject("outbox").getLong("setAside") == 1
        && bed.status().getLong("setAside") == 1);
  }

  @Test
  void batchWithoutAnAnswerIsSentAgain() throws Exception {
    bed.publish("l1");
    bed.started();
    until("it is there", 60, () -> bed.state().outboxConfirmed() == 1);
    bed.cloud.fault(EVENTS, request -> cut(request));
    bed.publish("l2");
    until("it was tried", 60, () -> bed.cloud.askedFor(EVENTS).stream()
        .filter(one -> one.body().contains("\"l2\"")).count() >= 2);
    assertThat(bed.state().outboxConfirmed()).isEqualTo(1);
    bed.cloud.heal();
    until("it is there", 60, () -> bed.state().outboxConfirmed() == 2);
    assertThat(bed.cloud.taken()).containsExactly("l1", "l2");
  }

  @Test
  void outboxArrivesOnceAndInOrderThoughEveryAnswerIsLost() throws Exception {
    List<String> ids = IntStream.range(0, 1_500).mapToObj(i -> "l" + i).toList();
    Timing patient = new Timing(50, 200, 1, 30_000, 30_000, 500, 300, 50, 20, 50, 300, 300);
    try (BridgeBed lossy = new BridgeBed(dataDir.resolve("lossy"), patient)) {
      for (int from = 0; from < ids.size(); from += 500) {
        lossy.publish(ids.subList(from, from + 500).toArray(String[]::new));
      }
      lossy.cloud.losesAnswers(true);
      lossy.started();
      until("all is confirmed", 60, () -> lossy.state().outboxConfirmed() == 1_500);
      assertThat(lossy.cloud.taken()).isEqualTo(ids);
      // the mark says what became of each batch: none goes twice
      assertThat(lossy.cloud.askedFor(EVENTS).stream().filter(one -> one.method().equals("POST")))
          .hasSize(3).extracting(one -> one.headers().get("cortex-outbox-first")).doesNotHaveDuplicates();
    }
  }

  @Test
  void refusalWhoseAnswerWasLostIsSetAsideWithItsReason() throws Exception {
    bed.cloud.refuses(event -> event.getString("id").equals("l2")
        ? Optional.of(new JsonObject().put("code", "forbidden").put("message", "no")) : Optional.empty());
    bed.publish("l1", "l2", "l3");
    bed.cloud.losesAnswers(true);
    bed.started();
    until("what came before it is confirmed", 60, () -> bed.state().outboxConfirmed() == 1);
    bed.cloud.losesAnswers(false);
    until("all are answered", 60, () -> bed.state().outboxConfirmed() == 3);
    assertThat(bed.cloud.taken()).containsExactly("l1", "l3");
    assertThat(bed.aside().events()).singleElement().satisfies(event -> {
      assertThat(event.id()).isEqualTo("l2");
      assertThat(event.code()).isEqualTo("forbidden");
    });
  }

  @Test
  void bridgeLooksAtOnceWhenWhatWasSetAsideIsGivenUp() throws Exception {
    try (BridgeBed calm = new BridgeBed(dataDir.resolve("calm"), BridgeBed.CALM)) {
      calm.cloud.refuses(event ->
          Optional.of(new JsonObject().put("code", "forbidden").put("message", "no")));
      calm.publish("l1");
      calm.started();
      until("it is counted", 60, () -> calm.orgStatus().getJsonObject("outbox").getLong("setAside") == 1);
      assertThat(calm.giveUp("l1").outboxHead()).as("no number is given in its place").isEqualTo(1);
      until("it is counted no more", 60, () -> calm.orgStatus().getJsonObject("outbox").getLong("setAside") == 0);
    }
  }

  @Test
  void refusedRequestSetsNothingAside() throws Exception {
    bed.publish("l1");
    bed.cloud.fault(EVENTS, request -> problem(request, 403, "forbidden"));
    bed.started();
    until("it is told", 60, () -> String.valueOf(bed.status().getString("lastError")).contains("403 forbidden"));
    assertThat(bed.state().setAside()).isZero();
    assertThat(bed.state().outboxConfirmed()).isZero();
    bed.cloud.heal();
    until("it is there", 60, () -> bed.state().outboxConfirmed() == 1);
  }

  @Test
  void batchThatIsTooLargeIsHalved() throws Exception {
    bed.cloud.fault(EVENTS, request -> {
      boolean large = Integer.parseInt(request.getHeader("Content-Length")) > 1_000;
      return large && problem(request, 413, "body_too_large");
    });
    bed.publish(IntStream.range(0, 40).mapToObj(i -> "l" + i).toArray(String[]::new));
    bed.started();
    until("all are there", 60, () -> bed.state().outboxConfirmed() == 40);
    assertThat(bed.cloud.taken()).hasSize(40).doesNotHaveDuplicates();
  }

  @Test
  void proxyThatTakesOnlySmallRequestsIsBornAndAnEventThatNeverFitsIsSetAside() throws Exception {
    bed.cloud.fault(EVENTS, request -> {
      boolean large = Integer.parseInt(request.getHeader("Content-Length")) > 1_000;
      if (large) {
        request.response().setStatusCode(413).putHeader("Content-Type", "text/html").end("<h1>Too large</h1>");
      }
      return large;
    });
    bed.cloud.refuses(event -> event.containsKey("type") ? Optional.empty()
        : Optional.of(new JsonObject().put("code", "invalid_event").put("message", "no type")));
    bed.publish(IntStream.range(0, 40).mapToObj(i -> "l" + i).toArray(String[]::new));
    bed.publishLarge("huge", 2_000);
    bed.publish("last");
    bed.started();
    until("all are answered", 60, () -> bed.state().outboxConfirmed() == 42);
    assertThat(bed.cloud.taken()).hasSize(41).doesNotHaveDuplicates().doesNotContain("huge").endsWith("last");
    SetAside aside = bed.aside();
    assertThat(aside.events()).singleElement().satisfies(event -> {
      assertThat(event.id()).isEqualTo("huge");
      assertThat(event.code()).isEqualTo("body_too_large");
      assertThat(new String(event.json(), StandardCharsets.UTF_8)).contains("xxxxxxxx");
    });
  }

  @Test
  void lineThatIsTooSlowForABatchIsGivenSmallerOnes() throws Exception {
    impatient();
    bed.cloud.fault(EVENTS, request -> Integer.parseInt(request.getHeader("Content-Length")) > 2_000);
    bed.publish(IntStream.range(0, 40).mapToObj(i -> "l" + i).toArray(String[]::new));
    bed.started();
    until("all are there", 60, () -> bed.state().outboxConfirmed() == 40);
    assertThat(bed.cloud.taken()).hasSize(40).doesNotHaveDuplicates();
  }

  @Test
  void breakerOpensWhileTheCloudIsDownAndClosesAgain() throws Exception {
    bed.cloud.fault(EVENTS, request -> problem(request, 500, "internal"));
    bed.publish("l1");
    bed.started();
    until("it is open", 60, () -> bed.status().getString("breaker").equals("open"));
    bed.cloud.heal();
    until("it is there", 60, () -> bed.state().outboxConfirmed() == 1);
    until("it is closed", 60, () -> bed.status().getString("breaker").equals("closed"));
  }

  @Test
  void cloudThatForgotIsSentItAgain() throws Exception {
    bed.publish("l1", "l2");
    bed.started();
    until("all is confirmed", 60, () -> bed.state().outboxConfirmed() == 2);
    bed.cloud.mark(bed.state().desktop(), 0, "l0");
    bed.publish("l3");
    until("all is there", 60, () -> bed.cloud.taken().equals(List.of("l1", "l2", "l1", "l2", "l3")));
  }
}
