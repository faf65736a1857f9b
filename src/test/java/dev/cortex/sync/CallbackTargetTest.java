package dev.cortex.sync;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
final class CallbackTargetTest {

  @ParameterizedTest
  @CsvSource({
      "https://d.example, https://d.example/ingest", "https://d.example/, https://d.example/ingest",
      "https://d.example:8443/?k=1, https://d.example:8443/ingest?k=1",
      "https://d.example/hook, https://d.example/hook", "not a url, not a url"})
  void callbackWithoutAPathMeansTheDoorForPushes(String given, String target) {
    assertThat(PushLease.target(given)).isEqualTo(target);
  }
}
