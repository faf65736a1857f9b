package dev.cortex.page;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.CloudNode;
import dev.cortex.testing.UserToken;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The console of a cloud node in a real browser, on the internal listener. */
@Tag("browser")
@Timeout(600)
class CloudConsolePageTest {

  private static CloudNode node;
  private static Browser browser;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    node = CloudNode.start(folder.resolve("data"));
    browser = Browser.start(folder.resolve("profile"));
  }

  @AfterAll
  static void stop() throws Exception {
    if (browser != null) {
      browser.close();
    }
    if (node != null) {
      node.close();
    }
  }

  private static String console(String fragment) {
    return "http://127.0.0.1:" + node.internalPort() + "/console" + fragment;
  }

  @Test
  void nodeAndShardsAreShownWithoutATokenAndLiveEventsWithOne() throws Exception {
    browser.open(console(""));
    browser.awaitText("#notice", "enter a token");
    browser.awaitText("#cluster-nodes", "n1 (this one)");
    browser.awaitText("#cluster-sum", "256 shards, 0 without an owner");
    browser.awaitText("#health-status", "UP");
    browser.awaitText("#health-checks", "shards owned");
    assertThat(browser.errors()).isEmpty();

    browser.open(console("?again#token=" + UserToken.of("acme").text()));
    browser.await("#connection[data-state='live']");
    node.publish(UserToken.of("acme").text(), "{\"type\":\"task.created\",\"id\":\"shown\"}");
    browser.awaitText("#rows .type", "task.created");
    assertThat(browser.errors()).isEmpty();
  }
}
