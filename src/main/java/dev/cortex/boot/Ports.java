package dev.cortex.boot;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/**
 * Looks at ports before they are used: whatever fails to listen later would say less clearly which one was taken, and
 * some would rather take the next.
 */
final class Ports {

  private Ports() {}

  /**
   * Makes sure that a port can be listened on; 0 always can.
   *
   * @param key the setting that names the port
   * @throws StartException when it cannot
   */
  static void requireFree(String key, String host, int port) {
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(InetAddress.getByName(host), port));
    } catch (IOException e) {
      StartException failure = StartException.of(e, host + ':' + port);
      throw new StartException(failure.failure(), key + ": " + failure.getMessage(), e);
    }
  }
}
