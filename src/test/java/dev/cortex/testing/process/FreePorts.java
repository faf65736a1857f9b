package dev.cortex.testing.process;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;

/** Ports on 127.0.0.1 that nobody listens on, outside the range from which the system gives connections theirs. */
public final class FreePorts {

  private static final int FIRST = 20_000;
  private static final int LAST = 30_000;

  private FreePorts() {}

  /**
   * That many ports of which those a distance above are free as well.
   *
   * @param above the distance, 0 for none
   */
  public static List<Integer> find(int count, int above) throws IOException {
    List<Integer> found = new ArrayList<>();
    List<ServerSocket> held = new ArrayList<>();
    try {
      // processes that look at the same time begin at different places
      int port = FIRST + (int) (ProcessHandle.current().pid() * 37 % 7_000);
      while (found.size() < count && port < LAST) {
        if (hold(held, port) && (above == 0 || hold(held, port + above))) {
          found.add(port);
        }
        port++;
      }
    } finally {
      for (ServerSocket socket : held) {
        socket.close();
      }
    }
    if (found.size() < count) {
      throw new IOException("not enough free ports");
    }
    return found;
  }

  /** Whether nobody listens on that port. */
  public static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return socket.isBound();
    } catch (IOException taken) {
      return false;
    }
  }

  private static boolean hold(List<ServerSocket> held, int port) {
    try {
      held.add(new ServerSocket(port, 1, InetAddress.getLoopbackAddress()));
      return true;
    } catch (IOException taken) {
      return false;
    }
  }
}
