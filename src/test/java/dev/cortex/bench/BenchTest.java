package dev.cortex.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import picocli.CommandLine;

@Timeout(30)
final class BenchTest {

  /** The script shows its help before anything is compiled, so it has a copy of it. */
  @Test
  void helpOfTheScriptIsThatOfTheLoadGenerator() throws IOException {
    String usage = new CommandLine(new Bench()).getUsageMessage(CommandLine.Help.Ansi.OFF);
    assertThat(Files.readString(Path.of("tools", "bench"))).contains("<<'TEXT'\n" + usage.replace("\r", "") + "TEXT\n");
  }
}
