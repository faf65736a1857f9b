package dev.cortex.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.CloudNode;
import dev.cortex.testing.Patience;
import dev.cortex.testing.RawHttp;
import dev.cortex.testing.UserToken;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A desktop's outbox from the cloud's door to its log, and back to other desktops. */
@Timeout(300)
class DesktopAtCloudTest {

  private static final String ACME = "Authorization: Bearer " + UserToken.of("acme").text();
  private static final String JSON = "Content-Type: application/json";

  @TempDir Path folder;
  private CloudNode cloud;

  @BeforeEach
  void start() throws Exception {
    cloud = CloudNode.start(folder);
  }

  @AfterEach
  void stop() throws Exception {
    cloud.close();
  }

  private RawHttp.Answer send(String desktop, long first, JsonObject... events) throws Exception {
    return cloud.ask(
        "POST", "/api/events", new JsonArray(List.of(events)).encode(), ACME, JSON, "Cortex-Desktop: " + desktop,
        "Cortex-Outbox-First: " + first);
  }

  private JsonObject mark(String desktop) throws Exception {
    return cloud.ask("GET", "/api/outbox?orgId=acme", "", ACME, "Cortex-Desktop: " + desktop).json();
  }

  private RawHttp.Answer poll(String desktop, String cursor) throws Exception {
    return cloud.ask(
        "GET", "/api/events/since?orgId=acme&cursor=" + cursor, "", ACME, "Cortex-Desktop: " + desktop);
  }

  private static JsonObject event(String id) {
    return new JsonObject().put("id", id).put("orgId", "acme").put("userId", "local").put("type", "t");
  }

  private static List<String> each(RawHttp.Answer answer, String array, String field) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.json().getJsonArray(array).stream()
        .map(one -> Objects.toString(((JsonObject) one).getValue(field)))
        .toList();
  }

  @Test
  void numbersAreTakenOnceAndInOrder() throws Exception {
    assertThat(mark("laptop/i1").getLong("number")).isZero();
    assertThat(mark("laptop/i1").getString("hash")).isEqualTo("0".repeat(32));
    RawHttp.Answer first = send("laptop/i1", 1, event("a"), event("b").put("type", "!"), event("c"));
    assertThat(each(first, "results", "status")).containsExactly("accepted", "rejected", "accepted");
    RawHttp.Answer again = send("laptop/i1", 1, event("a"), event("b").put("type", "!"), event("c"), event("d"));
    assertThat(each(again, "results", "status"))
        .containsExactly("duplicate", "rejected", "duplicate", "accepted");
    assertThat(each(again, "results", "offset").subList(0, 1))
        .isEqualTo(each(first, "results", "offset").subList(0, 1));
    RawHttp.Answer gap = send("laptop/i1", 6, event("f"));
    assertThat(gap.status()).isEqualTo(409);
    assertThat(gap.code()).isEqualTo("outbox_gap");
    assertThat(mark("laptop/i1").getLong("number")).isEqualTo(4);
    assertThat(mark("laptop/i2").getLong("number")).isZero();
    assertThat(send("laptop/i1", 5).json().getJsonArray("results")).isEmpty();
  }

  @Test
  void eventNeverReturnsToTheDesktopItCameFrom() throws Exception {
    send("laptop/i1", 1, event("a"));
    cloud.publish(UserToken.of("acme").text(), new JsonObject().put("id", "b").put("type", "t").encode());
    send("other/i1", 1, event("c"));
    RawHttp.Answer own = poll("laptop/i1", "0");
    assertThat(each(own, "events", "id")).containsExactly("b", "c");
    assertThat(each(own, "events", "origin")).containsExactly("null", "other/i1");
    assertThat(each(own, "events", "userId")).containsOnly("user-1");
    assertThat(each(poll("laptop/i2", "0"), "events", "id")).containsExactly("a", "b", "c");
    send("laptop/i1", 2, event("d"));
    String cursor = own.header("Cortex-Cursor");
    AtomicReference<String> reached = new AtomicReference<>(cursor);
    // the gateway answers by what it heard of, which may be a moment later than the answer to who published
    Patience.until("its own event is covered", 60, () -> {
      RawHttp.Answer nothing = poll("laptop/i1", cursor);
      assertThat(nothing.status()).isEqualTo(204);
      reached.set(nothing.header("Cortex-Cursor"));
      return !reached.get().equals(cursor);
    });
    assertThat(poll("laptop/i1", reached.get()).status()).isEqualTo(204);
  }
}
