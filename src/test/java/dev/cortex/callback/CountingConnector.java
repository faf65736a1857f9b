package dev.cortex.callback;

import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** Connects to nobody: counts who would be connected to, and answers as a test says. */
final class CountingConnector implements Connector {

  private final List<byte[]> connected = new CopyOnWriteArrayList<>();
  private final Function<byte[], Future<Reply>> answer;

  /** Answers every push with an empty 200. */
  CountingConnector() {
    this(body -> Future.succeededFuture(new Reply(200, new byte[0])));
  }

  /** Answers each body with that. */
  CountingConnector(Function<byte[], Future<Reply>> answer) {
    this.answer = answer;
  }

  @Override
  public Future<Reply> post(
      CallbackAddress to, byte[] address, Map<String, String> headers, byte[] body, long timeoutMs) {
    connected.add(address);
    return answer.apply(body);
  }

  /** Addresses, in the order they were connected to. */
  List<byte[]> connected() {
    return List.copyOf(connected);
  }
}
