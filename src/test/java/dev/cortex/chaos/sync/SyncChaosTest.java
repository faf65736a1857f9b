package dev.cortex.chaos.sync;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** What is wrong on a command line is said, and nothing starts. */
final class SyncChaosTest {

  private final StringWriter said = new StringWriter();

  private int execute(String... args) {
    return new CommandLine(new SyncChaos()).setErr(new PrintWriter(said)).execute(args);
  }

  @Test
  void aNumberOutOfRangeIsRefused() {
    assertThat(execute("drain", "--lost", "91")).isEqualTo(2);
    assertThat(said.toString()).contains("--lost: a number from 0 to 90 is expected");
  }

  @Test
  void anUnknownStoreIsRefused() {
    assertThat(execute("mix", "--store", "paper")).isEqualTo(2);
    assertThat(said.toString()).contains("paper");
  }
}
