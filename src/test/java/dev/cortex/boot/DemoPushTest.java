package dev.cortex.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.config.ConfigLoader;
import dev.cortex.config.ConfigSource;
import dev.cortex.config.CortexConfig;
import dev.cortex.testing.Patience;
import dev.cortex.testing.RawHttp;
import dev.cortex.testing.RawWebSocket;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The whole way of a push: from one desktop's outbox through the cloud's room to the other desktop's callback. */
@Timeout(300)
class DemoPushTest {

  private static final int PATIENCE_SECONDS = 60;
  private static final int EVENTS = 20;

  @Test
  void eventsOfOneDesktopArePushedToTheOtherWithoutAPoll() throws Exception {
    CortexConfig config =
        ConfigLoader.load(new ConfigSource("demo", Optional.empty(), Map.of(), List.of())).config();
    Demo demo = Demo.start(config, DemoHome.of(config.dataDir())).await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    try {
      CortexServer ada = demo.desktops().get(0).server();
      CortexServer bob = demo.desktops().get(1).server();
      try (RawWebSocket atBob = RawWebSocket.open(bob.port(), "/ws?org=demo");
          RawHttp http = RawHttp.connect(ada.port())) {
        for (int i = 0; i < EVENTS; i++) {
          publish(http, "e" + i);
          assertThat(atBob.json().getString("id")).isEqualTo("e" + i);
        }
      }
      Patience.until("push is proven", PATIENCE_SECONDS, () -> status(bob).getString("mode").equals("push"));
      assertThat(status(bob).getJsonObject("callback").getBoolean("registered")).isTrue();
      // all of the former may have come before bob was registered
      AtomicInteger more = new AtomicInteger();
      Patience.until("an event was pushed", PATIENCE_SECONDS, () -> {
        try (RawHttp http = RawHttp.connect(ada.port())) {
          publish(http, "more" + more.incrementAndGet());
        }
        return applied(bob) > 0;
      });
    } finally {
      demo.close(demo.stopBudget()).await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
  }

  private static void publish(RawHttp http, String id) throws Exception {
    String event = "{\"id\":\"" + id + "\",\"orgId\":\"demo\",\"type\":\"a.b\"}";
    assertThat(http.ask("POST", "/api/events", event, "Content-Type: application/json").status()).isEqualTo(200);
  }

  private static JsonObject status(CortexServer desktop) throws Exception {
    try (RawHttp http = RawHttp.connect(desktop.port())) {
      return http.ask("GET", "/api/sync", "").json();
    }
  }

  private static double applied(CortexServer desktop) throws Exception {
    try (RawHttp http = RawHttp.connect(desktop.port())) {
      String name = "cortex_sync_pushes_total{result=\"applied\"} ";
      return http.ask("GET", "/metrics", "").text().lines()
          .filter(line -> line.startsWith(name))
          .mapToDouble(line -> Double.parseDouble(line.substring(name.length())))
          .sum();
    }
  }
}
