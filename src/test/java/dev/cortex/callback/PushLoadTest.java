package dev.cortex.callback;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Addresses;
import dev.cortex.bus.Directory;
import dev.cortex.bus.Message;
import dev.cortex.testing.Patience;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many callbacks: those that are quiet cost those that are not nothing. */
@Timeout(600)
final class PushLoadTest extends CallbackBed {

  @Test
  void tenThousandIdleCallbacksDoNotSlowAnActiveOne() throws Exception {
    FakeRoom room = new FakeRoom(vertx, "n1", log, 1);
    for (int i = 0; i < 100; i++) {
      List<String> orgs = new ArrayList<>();
      for (int k = 0; k < 100; k++) {
        orgs.add("idle-" + i + "-" + k);
      }
      await(registry.put(new Registration(
          "user u" + i, Set.copyOf(orgs), desktop("idle" + i), orgs, "http://127.0.0.1:1/", ONE, List.of(),
          System.currentTimeMillis() + 600_000)));
    }
    deploy(Directory.alone("n1", SHARDS), true, SYSTEM, Optional.empty());
    until("all are there", () -> metric("cortex_callbacks").endsWith(" 10000.0") && room.isAttached("idle-99-99"));
    FakeDesktop desktop = new FakeDesktop(vertx, ONE);
    register(desktop, "i1");
    until("the room is listened to", () -> room.isAttached("acme"));
    long begun = System.nanoTime();
    for (int i = 1; i <= 200; i++) {
      room.commit("acme", 1);
      int all = i;
      until("pushed", () -> desktop.cursor == all);
    }
    assertThat(desktop.applied()).isEqualTo(ids(1, 200));
    assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(120));
    assertThat(metric("cortex_callback_pushes_total{result=\"failed\"}")).endsWith(" 0.0");
  }

  @Test
  void tenThousandCallbacksOfOneOrgAreToldInTurnAndNeverManyAtATime() throws Exception {
    AtomicInteger atATime = new AtomicInteger();
    AtomicInteger mostAtATime = new AtomicInteger();
    AtomicInteger told = new AtomicInteger();
    CountingConnector connector = new CountingConnector(body -> {
      mostAtATime.accumulateAndGet(atATime.incrementAndGet(), Math::max);
      JsonObject push = new JsonObject(Buffer.buffer(body));
      told.addAndGet(push.getJsonArray("events").size());
      String answer = "{\"status\":\"applied\",\"cursor\":\"" + log.logId() + '.' + push.getLong("through") + "\"}";
      return vertx.timer(5, TimeUnit.MILLISECONDS).map(due -> {
        atATime.decrementAndGet();
        return new Connector.Reply(200, answer.getBytes());
      });
    });
    FakeRoom room = new FakeRoom(vertx, "n1", log, 1);
    Directory directory = Directory.alone("n1", SHARDS);
    Pushes pushes = pushes(connector, directory);
    onLoop(() -> {
      vertx.eventBus().<Message>consumer(Addresses.callback("n1"), received -> {
        if (received.body() instanceof Message.Delivery delivery) {
          pushes.onDelivery(delivery);
        }
      });
      for (int i = 0; i < CallbackRegistry.ORG_MAX; i++) {
        pushes.apply(new Callback(
            "acme", "c" + i, "user ann", desktop("i" + i), SHARDS.shardOf("acme"), "http://127.0.0.1:1/", ONE, "", 0,
            List.of(), Long.MAX_VALUE, 1));
      }
    });
    until("the room is listened to", () -> room.isAttached("acme"));
    room.commit("acme", 3);
    Patience.until("all were told", 240, () -> told.get() >= 3 * CallbackRegistry.ORG_MAX);
    assertThat(told).hasValue(3 * CallbackRegistry.ORG_MAX);
    assertThat(mostAtATime.get()).isLessThanOrEqualTo(Slots.Bounds.NORMAL.ofOrg());
    until("the room knows that all was taken over", room::isCovered);
  }
}
