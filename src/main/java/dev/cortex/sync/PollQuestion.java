package dev.cortex.sync;

import dev.cortex.event.Desktop;
import dev.cortex.sync.CloudCursor.Asked;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * How the cloud is asked for events of one org: for as many as the line bears, and with a bound for the answer that
 * follows from what was asked. What is longer is not read on, and fewer are asked for next.
 */
final class PollQuestion {

  /** Most events of an answer. */
  static final int LIMIT = 500;

  private static final String PATH = "/api/events/since";
  /** Everything of an event but its payload, and everything of a page but its events. */
  private static final long ENVELOPE_BYTES = 4_096;
  /** What every cloud may send, whatever this desktop lets its own events be. */
  private static final long PAYLOAD_BYTES = 65_536;
  /** A page of the cloud is a megabyte or so. It is in memory twice, and once more as events. */
  private static final long ANSWER_BYTES_MAX = Math.min(4L << 20, Runtime.getRuntime().maxMemory() / 16);

  private final String orgId;
  private final Timing timing;
  private final long eventBytesMax;
  private final BatchSize size = new BatchSize(LIMIT);

  /** Questions for events of an org whose payloads have at most so many bytes. */
  PollQuestion(String orgId, Timing timing, int payloadBytesMax) {
    this.orgId = orgId;
    this.timing = timing;
    this.eventBytesMax = Math.max(payloadBytesMax, PAYLOAD_BYTES) + ENVELOPE_BYTES;
  }

  /** The next question; {@code held} when the cloud is to wait for events before it answers. */
  CloudClient.Ask ask(Asked asked, Desktop desktop, boolean held) {
    String path = PATH + "?orgId=" + URLEncoder.encode(orgId, StandardCharsets.UTF_8)
        + "&cursor=" + asked.cursor() + "&limit=" + size.events() + (held ? "&wait=" + timing.waitSeconds() : "");
    return new CloudClient.Ask(
        HttpMethod.GET, path, desktop, Map.of(), Buffer.buffer(), HttpReply.Expected.POLL,
        answerBytesMax(size.events(), eventBytesMax), held ? timing.heldMs() : timing.requestMs());
  }

  /** Learns from an answer how many events the line bears. */
  void answered(CloudAnswer answer) {
    if (answer instanceof CloudAnswer.Failed failed && failed.late()) {
      size.less();
    } else if (answer instanceof CloudAnswer.Ok) {
      size.more();
    }
  }

  /** The longest answer to a question for so many events, bytes: one event always fits. */
  static long answerBytesMax(int events, long eventBytesMax) {
    long page = Math.max(ANSWER_BYTES_MAX, eventBytesMax);
    return Math.min(page, events * eventBytesMax) + ENVELOPE_BYTES;
  }
}
