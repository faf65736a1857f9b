package dev.cortex.callback;

import dev.cortex.base.Pure;
import io.vertx.core.Future;
import java.util.Map;

/** Sends one request to one address: whether it may be sent there was decided before. */
interface Connector {

  /**
   * What came back.
   *
   * @param status HTTP status
   * @param body the body; empty when it was longer than is read
   */
  @Pure
  record Reply(int status, byte[] body) {}

  /**
   * Posts JSON. Fails when there was no whole answer; follows no redirect and asks no other address.
   *
   * @param to host, port and target as the receiver is to see them; by https its certificate must be that host's
   * @param address the one address to connect to, 4 or 16 bytes
   * @param timeoutMs how long everything may take
   */
  Future<Reply> post(
      CallbackAddress to, byte[] address, Map<String, String> headers, byte[] body, long timeoutMs);
}
