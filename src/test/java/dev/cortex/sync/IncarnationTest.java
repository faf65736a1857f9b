package dev.cortex.sync;

import static dev.cortex.sync.FakeCloud.cut;
import static dev.cortex.sync.FakeCloud.problem;
import static dev.cortex.testing.Patience.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.event.Desktop;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An outbox that the cloud knows otherwise than its desktop does: whether it begins another incarnation. */
@Timeout(120)
final class IncarnationTest {

  private static final String SINCE = "/api/events/since";
  private static final String OUTBOX = "/api/outbox";
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

  @Test
  void numbersThatACopyOfThisDesktopUsedAreNotTakenForItsOwn() throws Exception {
    Desktop before = bed.state().desktop();
    bed.started();
    until("the mark was asked for", 60, () -> !bed.cloud.askedFor(SINCE).isEmpty());
    bed.cloud.mark(before, 5, "of-the-copy");
    bed.publish("l1", "l2");
    until("both are there", 60, () -> bed.cloud.taken().equals(List.of("l1", "l2")));
    assertThat(bed.state().desktop()).isNotEqualTo(before);
    assertThat(bed.state().setAside()).isZero();
  }

  @Test
  void markOfAnotherOutboxBeginsANewIncarnation() throws Exception {
    Desktop before = bed.state().desktop();
    bed.publish("l1", "l2");
    bed.cloud.mark(before, 9, "unknown-here");
    bed.started();
    until("both are there", 60, () -> bed.cloud.taken().equals(List.of("l1", "l2")));
    Desktop after = bed.state().desktop();
    assertThat(after.install()).isEqualTo(before.install());
    assertThat(after.incarnation()).isNotEqualTo(before.incarnation());
    bed.cloud.born("c1");
    until("polls go on", 60, () -> bed.ids().contains("c1"));
    assertThat(bed.cloud.askedFor(SINCE)).allSatisfy(one ->
        assertThat(one.headers()).containsEntry("cortex-desktop", after.text()));
  }

  @Test
  void outboxThatIsAnotherCallersIsSentUnderANewIncarnation() throws Exception {
    Desktop before = bed.state().desktop();
    bed.publish("l1", "l2");
    for (String path : List.of(OUTBOX, EVENTS)) {
      bed.cloud.fault(path, request -> {
        boolean anothers = before.text().equals(request.getHeader("Cortex-Desktop"));
        if (anothers) {
          FakeCloud.problem(request, 409, "outbox_gap");
        }
        return anothers;
      });
    }
    bed.started();
    until("both are there", 60, () -> bed.cloud.taken().equals(List.of("l1", "l2")));
    assertThat(bed.state().desktop()).isNotEqualTo(before);
  }

  @Test
  void cloudThatKnowsEveryOutboxAsAnotherIsNotFollowedInACircle() throws Exception {
    bed.close();
    bed = new BridgeBed(dataDir, "sync.orgs=acme,beta");
    bed.cloud.fault(OUTBOX, request -> {
      FakeCloud.mark(request, 999, "0".repeat(32), new JsonArray());
      return true;
    });
    long begun = System.nanoTime();
    bed.started();
    until("it tried again", 60, () -> incarnations() >= 4);
    assertThat(System.nanoTime() - begun).isGreaterThan(2 * 200_000_000L);
    bed.cloud.heal();
    bed.cloud.born("c1");
    until("it goes on", 60, () -> bed.ids().contains("c1"));
  }

  @Test
  void markWithAnotherHashBeginsANewIncarnation() throws Exception {
    Desktop before = bed.state().desktop();
    bed.publish("l1", "l2");
    bed.cloud.mark(before, 1, "somebody-else");
    bed.started();
    until("both are there", 60, () -> bed.cloud.taken().equals(List.of("l1", "l2")));
    assertThat(bed.state().desktop()).isNotEqualTo(before);
  }

  @Test
  void markOfAnAnswerThatWasLostGoesOnWithoutANewIncarnation() throws Exception {
    Desktop before = bed.state().desktop();
    bed.publish("l1", "l2");
    bed.cloud.mark(before, 1, "l1");
    bed.started();
    until("all is confirmed", 60, () -> bed.state().outboxConfirmed() == 2);
    assertThat(bed.cloud.taken()).containsExactly("l2");
    assertThat(bed.state().desktop()).isEqualTo(before);
  }

  @Test
  void answerToABatchOfAFormerIncarnationCountsForNothing() throws Exception {
    try (BridgeBed two = new BridgeBed(dataDir.resolve("two"), "sync.orgs=acme,beta")) {
      Desktop before = two.state().desktop();
      List<HttpServerRequest> held = new CopyOnWriteArrayList<>();
      two.cloud.fault(OUTBOX, request -> of(request, "beta") && problem(request, 500, "internal"));
      two.cloud.fault(EVENTS, held::add);
      two.publish("l1", "l2", "l3");
      two.started();
      until("a batch is under way", 60, () -> held.size() == 1);
      // another org finds out that this desktop was restored
      two.cloud.fault(OUTBOX, request -> of(request, "beta")
          && before.text().equals(request.getHeader("Cortex-Desktop"))
          && mark(request, 9));
      until("it goes again, by another name", 60, () -> held.size() == 2);
      two.cloud.fault(EVENTS, request -> two.cloud.taken().isEmpty() && cut(request));
      FakeCloud.json(held.get(0), 200, new JsonObject().put("results", new JsonArray(
          Stream.of("l1", "l2", "l3").map(id -> new JsonObject().put("id", id).put("status", "accepted")).toList())));
      until("the answer was read", 60, () -> held.get(0).response().ended());
      held.get(1).connection().close();
      until("it is tried once more", 60, () -> two.cloud.askedFor(EVENTS).size() >= 4);
      assertThat(two.state().outboxConfirmed()).isZero();
      two.cloud.heal();
      until("all are there", 60, () -> two.state().outboxConfirmed() == 3);
      assertThat(two.cloud.taken()).containsExactly("l1", "l2", "l3");
    }
  }

  private long incarnations() {
    return bed.cloud.askedFor(OUTBOX).stream().map(one -> one.headers().get("cortex-desktop")).distinct().count();
  }

  private static boolean of(HttpServerRequest request, String orgId) {
    return orgId.equals(request.getParam("orgId"));
  }

  private static boolean mark(HttpServerRequest request, long number) {
    FakeCloud.mark(request, number, "0".repeat(32), new JsonArray());
    return true;
  }
}
