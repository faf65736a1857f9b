package dev.cortex.gateway;

import dev.cortex.base.Clock;
import dev.cortex.config.CortexConfig;
import dev.cortex.event.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.logging.Logger;
import io.vertx.core.internal.logging.LoggerFactory;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/** One address the server listens on: how connections are accepted there, and how long they may take to speak. */
final class Listener {

  private static final Logger LOG = LoggerFactory.getLogger(Listener.class);
  private static final long GOODBYE_SECONDS = 2;

  private final HttpServer server;
  private final Handshakes handshakes;
  private Handler<HttpServerRequest> inside =
      request -> Problems.answer(request, ErrorCode.SHUTTING_DOWN, "the server is starting");

  /** A listener that does not listen yet. */
  Listener(Vertx vertx, CortexConfig config, Clock clock) {
    this.server = vertx.createHttpServer(options(config));
    this.handshakes = new Handshakes(clock);
  }

  /**
   * Listens; succeeds with the port in use.
   *
   * @param port 0 for any free one
   * @param door makes what every request passes, once the port in use is known; who comes earlier is told to come again
   */
  Future<Integer> listen(String host, int port, IntFunction<Handler<HttpServerRequest>> door) {
    server.connectionHandler(handshakes::connected);
    server.invalidRequestHandler(request ->
        Problems.answer(request, ErrorCode.BAD_REQUEST, "the request head is malformed or too large"));
    server.exceptionHandler(failure -> LOG.debug("a connection failed: " + failure.getMessage()));
    server.requestHandler(request -> {
      handshakes.requested(request);
      request.response().endHandler(answered -> handshakes.answered(request));
      inside.handle(request);
    });
    return server.listen(port, host).map(bound -> {
      inside = door.apply(bound.actualPort());
      return bound.actualPort();
    });
  }

  /** Closes connections that do not get on. To be called about once a second. */
  void tick() {
    handshakes.tick();
  }

  /** Stops listening; requests under way are answered, sockets closed with their code. */
  Future<Void> close() {
    return server.shutdown(GOODBYE_SECONDS, TimeUnit.SECONDS);
  }

  private static HttpServerOptions options(CortexConfig config) {
    return new HttpServerOptions()
        .setTcpNoDelay(true)
        // everything here runs on the event loop: no queue for writes from elsewhere, 4 kB a connection
        .setStrictThreadMode(true)
        .setReuseAddress(true)
        .setAcceptBacklog(1024)
        // the kernel must not hold megabytes for a client that does not read: limits would mean nothing
        .setSendBufferSize(WsSocket.BUFFERED_BYTES)
        .setPerMessageWebSocketCompressionSupported(false)
        .setPerFrameWebSocketCompressionSupported(false)
        .setWebSocketSubProtocols(List.of(WsRoute.SUBPROTOCOL))
        .setMaxWebSocketFrameSize(WsRoute.messageBytesMax(config))
        .setMaxWebSocketMessageSize(WsRoute.messageBytesMax(config))
        .setWebSocketClosingTimeout(2)
        .setRegisterWebSocketWriteHandlers(false)
        .setHttp2ClearTextEnabled(false)
        .setMaxInitialLineLength(8 * 1024)
        .setMaxHeaderSize(16 * 1024);
  }
}
