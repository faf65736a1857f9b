package dev.cortex.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
final class StampTest {

  @Test
  void stampIsFoundInAnyEnvelopeWhateverTheHint() {
    var payload = Stamp.payload(123_456, 987_654_321, 200);
    var bytes = ("{\"id\":\"b\",\"offset\":7,\"payload\":" + payload + ",\"x\":1}").getBytes(StandardCharsets.UTF_8);

    for (var hint = 0; hint < bytes.length + 5; hint++) {
      var at = Stamp.find(bytes, 0, bytes.length, hint);

      assertThat(Stamp.number(bytes, at)).isEqualTo(123_456);
      assertThat(Stamp.dueUs(bytes, at)).isEqualTo(987_654_321);
    }
  }

  @Test
  void payloadIsJsonOfExactlyTheWantedSize() {
    for (var size : new int[] {64, 200, 65_536}) {
      var payload = Stamp.payload(0, 0, size);

      assertThat(payload).hasSize(size);
      assertThat(new JsonObject(payload).fieldNames()).containsExactly("b", "t", "p");
    }
  }

  @Test
  void frameWithoutStampIsToldApart() {
    var bytes = "{\"op\":\"welcome\",\"b\":17}".getBytes(StandardCharsets.UTF_8);

    assertThat(Stamp.find(bytes, 0, bytes.length, 0)).isEqualTo(-1);
  }
}
