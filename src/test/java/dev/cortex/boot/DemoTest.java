package dev.cortex.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.config.ConfigLoader;
import dev.cortex.config.ConfigSource;
import dev.cortex.config.CortexConfig;
import dev.cortex.testing.RawHttp;
import dev.cortex.testing.RawWebSocket;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A cloud and two desktops in this process, as a newcomer starts them. */
@Timeout(300)
class DemoTest {

  private static final int PATIENCE_SECONDS = 60;

  private Demo demo;

  @BeforeEach
  void start() throws Exception {
    CortexConfig config =
        ConfigLoader.load(new ConfigSource("demo", Optional.empty(), Map.of(), List.of())).config();
    demo = Demo.start(config, DemoHome.of(config.dataDir())).await(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  @AfterEach
  void stop() throws Exception {
    demo.close(demo.stopBudget()).await(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  @Test
  void anEventOfOneDesktopReachesTheOtherAndTheCloud() throws Exception {
    CortexServer ada = demo.desktops().get(0).server();
    Demo.Desktop bob = demo.desktops().get(1);
    try (RawWebSocket atBob = RawWebSocket.open(bob.server().port(), "/ws?org=demo");
        RawWebSocket inCloud =
            RawWebSocket.open(demo.cloud().port(), "/api/ws", "Authorization: Bearer " + bob.token());
        RawHttp http = RawHttp.connect(ada.port())) {
      String event = "{\"id\":\"e1\",\"orgId\":\"demo\",\"type\":\"agent.completed\",\"payload\":{\"text\":\"hello\"}}";
      assertThat(http.ask("POST", "/api/events", event, "Content-Type: application/json").status()).isEqualTo(200);
      for (RawWebSocket each : List.of(inCloud, atBob)) {
        JsonObject seen = each.json();
        assertThat(seen.getString("id")).isEqualTo("e1");
        assertThat(seen.getString("userId")).isEqualTo("ada");
        assertThat(seen.getJsonObject("payload").getString("text")).isEqualTo("hello");
      }
    }
  }

  @Test
  void whatNobodyAskedToKeepIsGoneAtTheEnd() throws Exception {
    Path data = demo.home().path();
    assertThat(data.resolve("cloud")).isDirectory();
    assertThat(demo.desktops()).allSatisfy(desktop -> assertThat(data.resolve(desktop.user())).isDirectory());
    long beforeMs = System.nanoTime() / 1_000_000;
    demo.close(demo.stopBudget()).await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(System.nanoTime() / 1_000_000 - beforeMs).isLessThan(30_000);
    assertThat(data).doesNotExist();
  }

  @Test
  void everyServerIsNamedInWhatItsThreadsSay() throws Exception {
    assertThat(ServerGroup.current()).isEmpty();
    assertThat(Thread.getAllStackTraces().keySet())
        .filteredOn(thread -> thread.getThreadGroup() instanceof ServerGroup)
        .filteredOn(thread -> thread.getName().contains("eventloop"))
        .extracting(thread -> thread.getThreadGroup().getName())
        .contains("cloud", "ada", "bob");
  }
}
