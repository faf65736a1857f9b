package dev.cortex.testing.process;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a command line of the cluster tool asks for.
 *
 * @param nodes how many, 1 to 9
 * @param keepData whether data directories and logs stay afterwards
 * @param store settings of a database of one's own by their variables; empty for one that is started here
 * @param sets what every node is told beside, as {@code key=value}
 * @param flags of the nodes' virtual machines
 */
record ClusterRequest(
    int nodes, boolean keepData, Map<String, String> store, List<String> sets, List<String> flags) {

  /**
   * Reads {@code --flag value} and {@code --flag=value}.
   *
   * @throws IllegalArgumentException with what is wrong
   */
  static ClusterRequest parse(List<String> args) {
    int nodes = 3;
    boolean keepData = false;
    Map<String, String> store = new TreeMap<>();
    List<String> sets = new ArrayList<>();
    List<String> flags = new ArrayList<>();
    for (Iterator<String> rest = args.iterator(); rest.hasNext(); ) {
      String arg = rest.next();
      int equals = arg.startsWith("--") ? arg.indexOf('=') : -1;
      String name = equals < 0 ? arg : arg.substring(0, equals);
      if (name.equals("--keep-data")) {
        keepData = true;
        continue;
      }
      if (!List.of("--nodes", "--store", "--store-user", "--store-password", "--set", "--java").contains(name)) {
        throw new IllegalArgumentException(name + ": unknown");
      }
      if (equals < 0 && !rest.hasNext()) {
        throw new IllegalArgumentException(name + ": a value is missing");
      }
      String value = equals < 0 ? rest.next() : arg.substring(equals + 1);
      switch (name) {
        case "--nodes" -> nodes = count(value);
        case "--store" -> store.put("CORTEX_STORE_URL", value);
        case "--store-user" -> store.put("CORTEX_STORE_USER", value);
        case "--store-password" -> store.put("CORTEX_STORE_PASSWORD", value);
        case "--set" -> sets.add(value);
        default -> flags.add(value);
      }
    }
    if (!store.isEmpty() && !store.containsKey("CORTEX_STORE_URL")) {
      throw new IllegalArgumentException("--store is missing beside its user or password");
    }
    return new ClusterRequest(nodes, keepData, Map.copyOf(store), List.copyOf(sets), List.copyOf(flags));
  }

  private static int count(String text) {
    if (!text.matches("[1-9]")) {
      throw new IllegalArgumentException("--nodes: a number from 1 to 9 is expected");
    }
    return Integer.parseInt(text);
  }
}
