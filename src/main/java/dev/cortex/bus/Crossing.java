package dev.cortex.bus;

import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import io.vertx.core.eventbus.DeliveryContext;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.impl.EventBusImpl;
import io.vertx.core.eventbus.impl.OutboundDeliveryContext;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import javax.net.ssl.SSLHandshakeException;

/**
 * What the way to another node needs beside a codec. A message that cannot be read is refused before it reaches anyone,
 * and a question that could not be written fails at once: the bus by itself would let it wait for its whole timeout.
 * The only class that knows the inside of the bus.
 */
final class Crossing {

  private static final String REPLIES = "__vertx.reply.";

  private Crossing() {}

  /** Watches a bus that reaches other nodes; a bus within a node is left as it is. */
  static void guard(EventBus bus) {
    if (bus.getClass() == EventBusImpl.class) {
      return;
    }
    bus.addInboundInterceptor(Crossing::in);
    bus.addOutboundInterceptor(Crossing::out);
  }

  private static void in(DeliveryContext<Object> delivery) {
    var message = delivery.message();
    if (message.body() instanceof Unreadable unreadable && !message.address().startsWith(REPLIES)) {
      Requests.refuse(message, ErrorCode.INTERNAL, unreadable.getMessage());
    } else {
      delivery.next();
    }
  }

  private static void out(DeliveryContext<Object> delivery) {
    if (delivery instanceof OutboundDeliveryContext<?> outbound && outbound.options instanceof Question question) {
      question.written(outbound.writePromise.future());
    }
    delivery.next();
  }

  /**
   * What a question has come to that was not written. Without a connection nothing can have arrived; where there was
   * one, what was written before it broke may have.
   */
  static RefusedException unwritten(Throwable failure) {
    boolean neverLeft = failure instanceof ConnectException
        || failure instanceof NoRouteToHostException
        || failure instanceof UnknownHostException
        || failure instanceof SSLHandshakeException;
    ErrorCode code = neverLeft ? ErrorCode.MOVED : ErrorCode.TIMEOUT;
    return new RefusedException(code, code.sentence());
  }
}
