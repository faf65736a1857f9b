package dev.cortex.chaos.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Keeps nodes from reaching each other, by rules of routing: what a user's processes send to an address is dropped. It
 * works in a network of one's own, which ends with the processes in it, so that nothing is left behind on the machine.
 * Each node is a user of its own there and talks to other nodes at an address of its own.
 */
final class Cut {

  private static final int PREFERENCE = 10;
  private static final int FIRST_USER = 41_001;
  private static final int NODES = 3;

  private Cut() {}

  /** Says why nodes cannot be cut off here; empty when they can. */
  static String missing() throws IOException, InterruptedException {
    if (System.getenv("CORTEX_CHAOS_NETWORK") == null) {
      return "no network of its own: that takes Linux, the superuser, unshare, setpriv and ip";
    }
    // a network of one's own has a loopback and nothing else
    for (String line : Files.readAllLines(Path.of("/proc/net/dev"))) {
      if (line.strip().startsWith("eth")) {
        return "this network is not its own";
      }
    }
    return "";
  }

  /** Makes room for rules before those that deliver to this machine; to be called once. */
  static void prepare() throws IOException, InterruptedException {
    run("ip", "rule", "add", "pref", "100", "lookup", "local");
    run("ip", "rule", "del", "pref", "0");
  }

  /** The words before a node's command line that make it a user of its own. */
  static List<String> as(int node) {
    String user = Integer.toString(FIRST_USER + node);
    return List.of("setpriv", "--reuid=" + user, "--regid=" + user, "--clear-groups");
  }

  /** Gives a node's folder to its user. */
  static void own(int node, Path folder) throws IOException, InterruptedException {
    String user = Integer.toString(FIRST_USER + node);
    run("chown", "-R", user + ':' + user, folder.toString());
  }

  /** Where a node talks to other nodes. */
  static String address(int node) {
    return "127.0.0.1" + (node + 1);
  }

  /** Nothing of that node arrives at another one, and nothing of theirs at it. */
  static void off(int node) throws IOException, InterruptedException {
    change("add", node);
  }

  /** They reach each other again. */
  static void heal(int node) throws IOException, InterruptedException {
    change("del", node);
  }

  private static void change(String verb, int node) throws IOException, InterruptedException {
    for (int other = 0; other < NODES; other++) {
      if (other != node) {
        rule(verb, node, other);
        rule(verb, other, node);
      }
    }
  }

  private static void rule(String verb, int from, int to) throws IOException, InterruptedException {
    String users = (FIRST_USER + from) + "-" + (FIRST_USER + from);
    run("ip", "rule", verb, "pref", Integer.toString(PREFERENCE), "uidrange", users, "to", address(to), "blackhole");
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(new ArrayList<>(List.of(command))).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes());
    if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new IOException(String.join(" ", command) + " failed: " + said.strip());
    }
  }
}
