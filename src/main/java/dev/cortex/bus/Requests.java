package dev.cortex.bus;

import dev.cortex.bus.wire.ErrorNumbers;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;

/** Questions on the bus and their refusals, which keep their error code on the way back, between versions too. */
public final class Requests {

  private Requests() {}

  /**
   * Asks an address. Fails with a {@link RefusedException}: the one the other side answered; {@code moved} when it is
   * certain that the question reached nobody; {@code timeout} when it is not known what it came to; {@code internal}
   * when it could not be asked or the answer is of another kind.
   *
   * @param timeoutMs how long to wait for the answer, at least 1
   */
  public static <T extends Message> Future<T> ask(
      EventBus bus, String address, Message question, Class<T> answer, long timeoutMs) {
    return ask(bus, address, question, answer, timeoutMs, false);
  }

  /** Asks an address of this node; nothing leaves it, whoever else listens at that address. */
  static <T extends Message> Future<T> askHere(
      EventBus bus, String address, Message question, Class<T> answer, long timeoutMs) {
    return ask(bus, address, question, answer, timeoutMs, true);
  }

  private static <T extends Message> Future<T> ask(
      EventBus bus, String address, Message question, Class<T> answer, long timeoutMs, boolean here) {
    Question options = new Question();
    options.setSendTimeout(timeoutMs).setLocalOnly(here);
    Future<io.vertx.core.eventbus.Message<Object>> reply;
    try {
      reply = bus.request(address, question, options);
    } catch (RuntimeException failure) {
      return Future.failedFuture(refusal(failure));
    }
    Future<T> answered = reply.transform(done -> done.succeeded()
        ? accept(done.result().body(), answer)
        : Future.failedFuture(refusal(done.cause())));
    return options.isCrossing() && !here ? answeredOrUnwritten(answered, options.written()) : answered;
  }

  /** Answers a question with a refusal that {@link #ask} turns back into what it was. */
  public static void refuse(io.vertx.core.eventbus.Message<?> question, ErrorCode code, String message) {
    question.reply(new ReplyException(ReplyFailure.RECIPIENT_FAILURE, ErrorNumbers.of(code), message));
  }

  private static <T extends Message> Future<T> accept(Object body, Class<T> answer) {
    return answer.isInstance(body)
        ? Future.succeededFuture(answer.cast(body))
        : Future.failedFuture(
            new RefusedException(ErrorCode.INTERNAL, "the answer is no " + answer.getSimpleName()));
  }

  private static <T> Future<T> answeredOrUnwritten(Future<T> answered, Future<Void> written) {
    Promise<T> first = Promise.promise();
    answered.onComplete(first::tryComplete, first::tryFail);
    // one that found nobody fails its answer too, and says so better
    written.onFailure(failure -> {
      if (!(failure instanceof ReplyException)) {
        first.tryFail(Crossing.unwritten(failure));
      }
    });
    return first.future();
  }

  private static RefusedException refusal(Throwable failure) {
    if (failure instanceof ReplyException reply) {
      return switch (reply.failureType()) {
        case NO_HANDLERS -> new RefusedException(ErrorCode.MOVED, ErrorCode.MOVED.sentence());
        case TIMEOUT, ERROR -> new RefusedException(ErrorCode.TIMEOUT, ErrorCode.TIMEOUT.sentence());
        case RECIPIENT_FAILURE -> refused(ErrorNumbers.code(reply.failureCode()), reply.getMessage());
      };
    }
    return refused(ErrorCode.INTERNAL, failure.getMessage());
  }

  private static RefusedException refused(ErrorCode code, String message) {
    return new RefusedException(code, message == null ? code.sentence() : message);
  }
}
