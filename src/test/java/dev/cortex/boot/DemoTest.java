package dev.cortex.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.config.ConfigLoader;
import dev.cortex.config.ConfigSource;
import dev.cortex.config.CortexConfig;
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
@Timeout(60)
class DemoTest {

  private static final int PATIENCE_SECONDS = 30;

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
  void whatNobodyAskedToKeepIsGoneAtTheEnd() throws Exception {
    Path data = demo.home().path();
    assertThat(data.resolve("cloud")).isDirectory();
    assertThat(demo.desktops()).allSatisfy(desktop -> assertThat(data.resolve(desktop.user())).isDirectory());
    long beforeMs = System.nanoTime() / 1_000_000;
    demo.close(demo.stopBudget()).await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(System.nanoTime() / 1_000_000 - beforeMs).isLessThan(5_000);
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
