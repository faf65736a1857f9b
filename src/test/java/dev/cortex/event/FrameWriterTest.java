package dev.cortex.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FrameWriterTest {

  @Test
  void answerHasOpRidAndFieldsInOrder() {
    String frame =
        FrameWriter.answer("subscribed", "\"r-1\"")
            .put("channel", "acme")
            .putNull("cursor")
            .put("recovered", true)
            .put("replayed", 12)
            .put("limits", FrameWriter.object().put("queue", 500))
            .put("words", List.of("a", "b\"", ""))
            .put("none", List.of())
            .text();
    assertThat(frame)
        .isEqualTo(
            "{\"op\":\"subscribed\",\"rid\":\"r-1\",\"channel\":\"acme\",\"cursor\":null,\"recovered\":true,"
                + "\"replayed\":12,\"limits\":{\"queue\":500},\"words\":[\"a\",\"b\\\"\",\"\"],\"none\":[]}");
  }

  @Test
  void ridIsLeftOutWhenThereIsNone() {
    assertThat(FrameWriter.answer("ok", "").text()).isEqualTo("{\"op\":\"ok\"}");
    assertThat(FrameWriter.object().text()).isEqualTo("{}");
  }

  @Test
  void errorTellsWhenToRetryOnlyWhenItKnows() {
    assertThat(FrameWriter.error("7", ErrorCode.RATE_LIMITED, "slow down", 250).text())
        .isEqualTo(
            "{\"op\":\"error\",\"rid\":7,\"code\":\"rate_limited\",\"message\":\"slow down\",\"retryAfterMs\":250}");
    assertThat(FrameWriter.error("", ErrorCode.UNKNOWN_OP, "no such op", -1).text())
        .doesNotContain("retryAfterMs", "rid");
  }

  @Test
  void everyStringComesBackFromAStrictReader() {
    String odd = "quote \" backslash \\ line\n nul \u0000 é € 😀 </script>";
    byte[] frame = FrameWriter.frame(odd).bytes();
    JsonCursor cursor = new JsonCursor(frame);
    cursor.open();
    assertThat(cursor.nextField()).isTrue();
    assertThat(cursor.value().string()).isEqualTo(odd);
    assertThat(new String(FrameWriter.object().put("s", "a\uD800b").bytes(), StandardCharsets.UTF_8))
        .isEqualTo("{\"s\":\"a\uFFFDb\"}");
  }
}
