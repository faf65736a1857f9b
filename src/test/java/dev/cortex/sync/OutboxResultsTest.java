package dev.cortex.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cortex.bus.Message.Refusal;
import dev.cortex.event.RefusedException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
final class OutboxResultsTest {

  private static final String TAKEN = "{\"status\":\"accepted\",\"offset\":1}";
  private static final String AGAIN = "{\"status\":\"duplicate\",\"offset\":null}";
  private static final String REFUSED =
      "{\"status\":\"rejected\",\"error\":{\"code\":\"sequence_conflict\",\"message\":\"expected 4\"}}";
  private static final String UNKNOWN = "{\"status\":\"unknown\",\"error\":{\"code\":\"moved\"}}";

  @Test
  void takenAndRefusedOnesAreSettled() {
    assertThat(read(TAKEN, AGAIN, REFUSED, TAKEN)).isEqualTo(
        new OutboxResults(4, List.of(new Refusal(12, "sequence_conflict", "expected 4")), 11, ""));
  }

  @Test
  void nothingBehindAnUnknownOneIsSettled() {
    assertThat(read(TAKEN, UNKNOWN, REFUSED)).isEqualTo(new OutboxResults(1, List.of(), 0, "unknown moved"));
    assertThat(read("{}", TAKEN)).isEqualTo(new OutboxResults(0, List.of(), 0, "no status"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "{}", "{\"results\":{}}", "{\"results\":[]}", "{\"results\":[{},{}]}"})
  void answerForOtherEventsIsRefused(String body) {
    assertThatThrownBy(() -> OutboxResults.read(body.getBytes(StandardCharsets.UTF_8), 1, 1))
        .isInstanceOf(RefusedException.class);
  }

  private static OutboxResults read(String... results) {
    byte[] body = ("{\"results\":[" + String.join(",", results) + "]}").getBytes(StandardCharsets.UTF_8);
    return OutboxResults.read(body, 10, results.length);
  }
}
