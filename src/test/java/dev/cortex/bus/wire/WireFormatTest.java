package dev.cortex.bus.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.bus.Message;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The bytes of a version stay what they were: nodes of one version understand each other, whoever built them. A change
 * of the format needs a new {@link Wire#VERSION} and, with {@code -Dwire.write=true}, a file of its own.
 */
@Timeout(120)
final class WireFormatTest {

  private static final Path FILE = Path.of("test-fixtures", "wire", "v" + Wire.VERSION + ".txt");

  /** Enough for every constant and every kind to come up. */
  private static final int SAMPLES = 8;

  @Test
  void bytesOfThisVersionNeverChange() throws IOException {
    List<String> now = lines();
    if (Boolean.getBoolean("wire.write") && !Files.exists(FILE)) {
      Files.createDirectories(FILE.getParent());
      Files.write(FILE, now);
    }
    assertThat(now)
        .as("bytes of each message in version %d; another format is another version", Wire.VERSION)
        .containsExactlyElementsOf(Files.readAllLines(FILE));
  }

  @Test
  void bytesOfThisVersionAreRead() throws IOException {
    TreeMap<String, Class<? extends Message>> types = new TreeMap<>();
    TravellingMessages.types().forEach(type -> types.put(type.getSimpleName(), type));
    for (String line : Files.readAllLines(FILE)) {
      String[] words = line.split(" ");
      Buffer bytes = Buffer.buffer(HexFormat.of().parseHex(words[2]));
      Class<? extends Message> type = types.get(words[0]);
      int number = Integer.parseInt(words[1]);
      assertThat(Wire.read(type, bytes, 0)).usingRecursiveComparison().isEqualTo(sample(type, number));
    }
  }

  private static List<String> lines() {
    List<String> lines = new ArrayList<>();
    TravellingMessages.types()
        .sorted((a, b) -> a.getSimpleName().compareTo(b.getSimpleName()))
        .forEach(type -> {
          for (int i = 0; i < SAMPLES; i++) {
            lines.add(type.getSimpleName() + " " + i + " " + HexFormat.of().formatHex(bytes(type, i)));
          }
        });
    return lines;
  }

  private static <T extends Message> byte[] bytes(Class<T> type, int number) {
    Buffer buffer = Buffer.buffer();
    Wire.write(type, sample(type, number), buffer);
    return buffer.getBytes();
  }

  private static <T> T sample(Class<T> type, int number) {
    return Samples.of(type, type.getSimpleName().hashCode(), number);
  }
}
