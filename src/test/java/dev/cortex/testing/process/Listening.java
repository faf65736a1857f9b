package dev.cortex.testing.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Where a process listens, as the system says; Linux only. */
public final class Listening {

  private static final String STATE_LISTEN = "0A";

  private Listening() {}

  /** Every address it accepts TCP connections at, as {@code host:port}. */
  public static Set<String> of(long pid) throws IOException {
    Path process = Path.of("/proc", Long.toString(pid));
    Set<String> sockets = new TreeSet<>();
    List<Path> descriptors = new ArrayList<>();
    try (Stream<Path> files = Files.list(process.resolve("fd"))) {
      files.forEach(descriptors::add);
    }
    for (Path descriptor : descriptors) {
      try {
        sockets.add(Files.readSymbolicLink(descriptor).toString());
      } catch (NoSuchFileException closedMeanwhile) {
        continue;
      }
    }
    Set<String> addresses = new TreeSet<>();
    for (String table : List.of("net/tcp", "net/tcp6")) {
      for (String line : Files.readAllLines(process.resolve(table))) {
        String[] cells = line.strip().split("\\s+");
        if (cells.length > 9 && cells[3].equals(STATE_LISTEN) && sockets.contains("socket:[" + cells[9] + ']')) {
          addresses.add(address(cells[1]));
        }
      }
    }
    return addresses;
  }

  /** From hexadecimal words in the byte order of a small-endian machine; an IPv4 address may be wrapped in an IPv6. */
  private static String address(String hex) {
    String host = hex.substring(0, hex.indexOf(':'));
    int port = Integer.parseInt(hex.substring(hex.indexOf(':') + 1), 16);
    String last = host.substring(host.length() - 8);
    boolean any = host.chars().allMatch(c -> c == '0');
    StringBuilder dotted = new StringBuilder();
    for (int i = 6; i >= 0; i -= 2) {
      dotted.append(Integer.parseInt(last.substring(i, i + 2), 16)).append(i == 0 ? "" : ".");
    }
    boolean plainOrWrapped = host.length() == 8 || host.startsWith("0000000000000000FFFF0000");
    return (any ? "*" : plainOrWrapped ? dotted : '[' + host + ']') + ":" + port;
  }
}
