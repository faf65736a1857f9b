package dev.cortex.sync;

import dev.cortex.base.Pure;
import dev.cortex.event.Position;
import dev.cortex.event.RefusedException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * An HTTP answer as it came in; headers that were absent are empty.
 *
 * @param cursor {@code Cortex-Cursor}
 * @param nextPoll {@code Cortex-Next-Poll-After-Ms}
 * @param retryAfter {@code Retry-After}
 */
@Pure
record HttpReply(
    int status, String contentType, String cursor, String nextPoll, String retryAfter, byte[] body) {

  /** What kind of answer is expected. */
  enum Expected {
    /** Of a poll: every answer names a cursor. */
    POLL,
    /** Of a batch of events: their fates come with three statuses. */
    RESULTS,
    /** Any other. */
    JSON
  }

  /** No time that an answer names is believed beyond this. */
  static final long SAID_MS_MAX = 600_000;

  private static final Set<String> GONE = Set.of("pruned", "log_changed", "cursor_ahead");
  private static final int MESSAGE_MAX = 200;

  /** What it means. */
  CloudAnswer read(Expected expected) {
    String media = contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    if (status >= 300 && status < 400) {
      return new CloudAnswer.Stranger("a redirect (" + status + ")");
    }
    if (status == 413 && expected == Expected.RESULTS) {
      // a proxy on the way has a smaller limit than the cloud, and says so in HTML
      return new CloudAnswer.Refused(status, "", "the request is too large");
    }
    if (media.equals("text/html") || status == 407 || status == 511) {
      return new CloudAnswer.Stranger(status + " " + media);
    }
    if (status == 204 || status == 200 || status == 201) {
      return success(expected, media);
    }
    if (expected == Expected.RESULTS && (status == 422 || status == 503) && media.equals("application/json")) {
      return new CloudAnswer.Ok(body, Optional.empty(), 0, retryAfterMs());
    }
    boolean problem = media.equals("application/problem+json");
    String code = problem ? field("code") : "";
    String message = problem ? field("detail") : "";
    return switch (status) {
      case 401 -> new CloudAnswer.Unauthorized((code + " " + message).strip());
      case 403 -> new CloudAnswer.Forbidden((code + " " + message).strip());
      // believed only from who knows our words: it makes the desktop begin the log anew
      case 410 -> GONE.contains(code)
          ? new CloudAnswer.Gone(code)
          : new CloudAnswer.Stranger("410 without a reason");
      case 429 -> new CloudAnswer.Throttled(retryAfterMs());
      case 408, 425 -> new CloudAnswer.Failed("HTTP status " + status, retryAfterMs());
      default -> status >= 400 && status < 500
          ? new CloudAnswer.Refused(status, code, message)
          : new CloudAnswer.Failed(("HTTP status " + status + " " + code).strip(), retryAfterMs());
    };
  }

  private CloudAnswer success(Expected expected, String media) {
    Optional<Position> position = Position.parse(cursor);
    if (expected == Expected.POLL && position.isEmpty()) {
      return new CloudAnswer.Stranger(status + " without a cursor");
    }
    if (status == 204) {
      return new CloudAnswer.Nothing(position, number(nextPoll, 1));
    }
    if (!media.equals("application/json")) {
      return new CloudAnswer.Stranger(status + " with " + (media.isEmpty() ? "no content type" : media));
    }
    return new CloudAnswer.Ok(body, position, number(nextPoll, 1), retryAfterMs());
  }

  private long retryAfterMs() {
    return number(retryAfter, 1_000);
  }

  /** A whole number in units of so many ms, at most {@link #SAID_MS_MAX}; 0 when it is none. */
  private static long number(String text, long unitMs) {
    return text.matches("[0-9]{1,9}") ? Math.min(Long.parseLong(text) * unitMs, SAID_MS_MAX) : 0;
  }

  /** A text field of the body; empty when there is none. */
  private String field(String name) {
    try {
      return Fields.line(Fields.read(body, Set.of(name)).text(name), MESSAGE_MAX);
    } catch (RefusedException noJson) {
      return "";
    }
  }
}
