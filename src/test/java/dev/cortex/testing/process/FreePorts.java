package dev.cortex.testing.process;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Ports on 127.0.0.1 that nobody listens on, outside the range from which the system gives connections theirs. */
public final class FreePorts {

  private static final int FIRST = 20_000;
  private static final int LAST = 30_000;

  /** Ports found before, by which nobody may listen yet. */
  private static final Set<Integer> GIVEN = new HashSet<>();

  private FreePorts() {}

  /**
   * That many ports of which those a distance above are free as well. This process is given no port twice, since
   * whoever asked may listen on it, or again, only later.
   *
   * @param above the distance, 0 for none
   */
  public static synchronized List<Integer> find(int count, int above) throws IOException {
    List<Integer> found = new ArrayList<>();
    List<ServerSocket> held = new ArrayList<>();
    try {
      // processes that look at the same time begin at different places
      int port = FIRST + (int) (ProcessHandle.current().pid() * 37 % 7_000);
      while (found.size() < count && port < LAST) {
        if (hold(held, port) && (above == 0 || hold(held, port + above))) {
          found.add(port);
          GIVEN.add(port);
          GIVEN.add(port + above);
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
    if (GIVEN.contains(port)) {
      return false;
    }
    try {
      held.add(new ServerSocket(port, 1, InetAddress.getLoopbackAddress()));
      return true;
    } catch (IOException taken) {
      return false;
    }
  }
}
