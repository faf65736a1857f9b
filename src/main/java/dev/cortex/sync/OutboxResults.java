package dev.cortex.sync;

import dev.cortex.base.Pure;
import dev.cortex.bus.Message.Refusal;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.JsonSlice;
import dev.cortex.event.RefusedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What the cloud answered to a batch of the outbox.
 *
 * @param settled how many from the first on it took or refused for good
 * @param refused those refused
 * @param unknown the highest number that was taken before by what the cloud cannot tell any more; 0 for none
 * @param doubt why the one behind them is not settled, empty when all are
 */
@Pure
record OutboxResults(int settled, List<Refusal> refused, long unknown, String doubt) {

  private static final String WITHHELD = "The way to the cloud takes no request as large as this event.";
  private static final int CODE_MAX = 64;
  private static final int MESSAGE_MAX = 1_000;
  private static final Set<String> RESULT = Set.of("status", "offset", "error");
  private static final Set<String> ERROR = Set.of("code", "message");

  /**
   * Reads the body of the answer.
   *
   * @param first number of the first event of the batch
   * @param count how many it had
   * @throws RefusedException when it is none, or has another number of results
   */
  static OutboxResults read(byte[] body, long first, int count) {
    JsonSlice results = Fields.read(body, Set.of("results")).get("results");
    List<JsonSlice> each = results.isArray() ? Fields.elements(results, count) : List.of();
    if (each.size() != count) {
      throw new RefusedException(ErrorCode.BAD_REQUEST, "the answer does not have " + count + " results");
    }
    List<Refusal> refused = new ArrayList<>();
    long unknown = 0;
    for (int i = 0; i < count; i++) {
      Fields result = Fields.of(each.get(i), RESULT);
      Fields error = Fields.of(result.get("error"), ERROR);
      String code = error.text("code");
      switch (result.text("status")) {
        case "accepted" -> {
          // taken
        }
        case "duplicate" -> unknown = result.get("offset").integer().orElse(0) > 0 ? unknown : first + i;
        case "rejected" -> refused.add(
            new Refusal(first + i, Fields.line(code, CODE_MAX), Fields.line(error.text("message"), MESSAGE_MAX)));
        default -> {
          String doubt = (result.text("status") + " " + code).strip();
          return new OutboxResults(i, List.copyOf(refused), unknown, doubt.isEmpty() ? "no status" : doubt);
        }
      }
    }
    return new OutboxResults(count, List.copyOf(refused), unknown, "");
  }

  /** The same, when only the numbers were sent, because the events are too large: that is why they are set aside. */
  OutboxResults withheld() {
    List<Refusal> because = refused.stream()
        .map(one -> new Refusal(one.number(), ErrorCode.BODY_TOO_LARGE.code(), WITHHELD))
        .toList();
    return new OutboxResults(settled, because, unknown, doubt);
  }
}
