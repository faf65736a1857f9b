package dev.cortex.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

class LogLineTest {

  @Test
  void recordIsOneLineOfPairs() {
    LogRecord record = record(Level.WARNING, "two\nlines and a \"quote\"");
    record.setThrown(new IllegalStateException("broken\nbadly", new IllegalArgumentException("cause")));
    assertThat(LogLine.format(record))
        .startsWith("time=2")
        .contains(" level=warn logger=some.Logger msg=\"two\\nlines and a \\\"quote\\\"\" error=\"")
        .contains("IllegalStateException: broken\\nbadly < ")
        .contains(" caused by java.lang.IllegalArgumentException: cause < ")
        .doesNotContain("\n");
  }

  @Test
  void tokensAreMasked() {
    String message = "GET /ws?token=hunter2&x=1 Authorization: Bearer hunter3 {\"token\":\"hunter4\"}";
    assertThat(LogLine.format(record(Level.INFO, message)))
        .doesNotContain("hunter")
        .contains("token=********&x=1");
  }

  private static LogRecord record(Level level, String message) {
    LogRecord record = new LogRecord(level, message);
    record.setLoggerName("some.Logger");
    return record;
  }
}
