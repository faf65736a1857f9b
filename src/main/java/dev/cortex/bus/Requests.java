package dev.cortex.bus;

import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import io.vertx.core.Future;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;

/** Questions on the bus and their refusals, which keep their error code on the way back. */
public final class Requests {

  private Requests() {}

  /**
   * Asks an address. Fails with a {@link RefusedException}: the one the other side answered, {@code timeout} when
   * nothing came in time, {@code moved} when nobody listens there.
   *
   * @param timeoutMs how long to wait for the answer
   */
  public static <T extends Message> Future<T> ask(
      EventBus bus, String address, Message question, Class<T> answer, long timeoutMs) {
    return bus.<T>request(address, question, new DeliveryOptions().setSendTimeout(timeoutMs))
        .map(reply -> answer.cast(reply.body()))
        .recover(failure -> Future.failedFuture(refusal(failure)));
  }

  /** Answers a question with a refusal that {@link #ask} turns back into what it was. */
  public static void refuse(io.vertx.core.eventbus.Message<?> question, ErrorCode code, String message) {
    question.reply(new ReplyException(ReplyFailure.RECIPIENT_FAILURE, code.ordinal(), message));
  }

  private static RefusedException refusal(Throwable failure) {
    if (failure instanceof ReplyException reply) {
      return switch (reply.failureType()) {
        case TIMEOUT -> new RefusedException(ErrorCode.TIMEOUT, ErrorCode.TIMEOUT.sentence());
        case NO_HANDLERS -> new RefusedException(ErrorCode.MOVED, ErrorCode.MOVED.sentence());
        case RECIPIENT_FAILURE, ERROR -> new RefusedException(codeOf(reply.failureCode()), reply.getMessage());
      };
    }
    return new RefusedException(ErrorCode.INTERNAL, String.valueOf(failure.getMessage()));
  }

  private static ErrorCode codeOf(int ordinal) {
    ErrorCode[] codes = ErrorCode.values();
    return ordinal >= 0 && ordinal < codes.length ? codes[ordinal] : ErrorCode.INTERNAL;
  }
}
