package dev.cortex.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.Message.Locate;
import dev.cortex.bus.Message.Standing;
import dev.cortex.testing.CloudNode;
import dev.cortex.testing.Patience;
import dev.cortex.testing.RawHttp;
import dev.cortex.testing.RawWebSocket;
import dev.cortex.testing.UserToken;
import io.vertx.core.eventbus.DeliveryContext;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Polls of a gateway whose room is slow, or whose deliveries are lost on the way. */
@Timeout(300)
class CloudPollTest {

  private static final String ACME = UserToken.of("acme").text();

  @TempDir Path folder;
  private CloudNode node;

  @BeforeEach
  void start() throws Exception {
    node = CloudNode.start(folder);
  }

  @AfterEach
  void stop() throws Exception {
    node.close();
  }

  private void publish(String id, String agent) throws Exception {
    JsonObject event = new JsonObject().put("type", "t");
    if (!id.isEmpty()) {
      event.put("id", id);
    }
    if (!agent.isEmpty()) {
      event.put("agentId", agent).put("sessionId", "s");
    }
    node.publish(ACME, event.encode());
  }

  private static String target(String cursor) {
    return "/api/events/since?channel=acme:planner&wait=20&cursor=" + cursor;
  }

  @Test
  void aPollIsNotAnsweredWithNothingBecauseItsGatewayHasNotHeardYet() throws Exception {
    try (RawWebSocket listener = node.webSocket(ACME, "")) {
      publish("first", "");
      assertThat(listener.json().getString("id")).isEqualTo("first");
      node.onBus(sent -> {
        if (!(sent.body() instanceof Delivery) && !(sent.body() instanceof Standing)) {
          sent.next();
        }
      });
      publish("second", "planner");
      RawHttp.Answer answer = node.ask("GET", target("0"), "", "Authorization: Bearer " + ACME);
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.json().getJsonArray("events")).singleElement()
          .satisfies(event -> assertThat(((JsonObject) event).getString("id")).isEqualTo("second"));
    }
  }

  @Test
  void aHeldPollAsksItsRoomOnceAtATimeHoweverBusyItsOrgIs() throws Exception {
    AtomicBoolean slow = new AtomicBoolean(true);
    List<DeliveryContext<Object>> kept = new CopyOnWriteArrayList<>();
    try (RawWebSocket listener = node.webSocket(ACME, "");
        RawHttp poll = RawHttp.connect(node.port())) {
      publish("first", "");
      String cursor = listener.json().getString("cursor");
      node.onBus(sent -> {
        if (slow.get() && sent.body() instanceof Locate) {
          kept.add(sent);
        } else {
          sent.next();
        }
      });
      poll.send(poll.request("GET", target(cursor), "", "Authorization: Bearer " + ACME));
      Patience.until("the poll looks", 60, () -> {
        publish("", "worker");
        listener.json();
        return !kept.isEmpty();
      });
      for (int i = 0; i < 10; i++) {
        publish("", "worker");
        listener.json();
      }
      assertThat(kept).hasSize(1);
      publish("wanted", "planner");
      slow.set(false);
      kept.get(0).next();
      assertThat(poll.answer().json().getJsonArray("events")).singleElement()
          .satisfies(event -> assertThat(((JsonObject) event).getString("id")).isEqualTo("wanted"));
    }
  }
}
