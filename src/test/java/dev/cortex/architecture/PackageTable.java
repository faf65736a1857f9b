package dev.cortex.architecture;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The packages of the server and what each may import: the diagram of the project as data. */
final class PackageTable {

  /** Name, then the packages it may import; {@code *} is all the others. */
  private static final String ROWS =
      """
      base     |
      config   | base
      ops      | base
      event    | base
      auth     | base config event
      bus      | base event ops
      store    | base config ops
      log      | base event store ops
      artifact | base config event store ops
      consumer | base event store ops
      ingest   | base config ops event auth bus
      room     | base config ops event bus log consumer
      gateway  | base config ops event auth bus artifact
      worker   | base config ops event bus
      sync     | base config ops event auth bus
      callback | base config ops event auth bus store
      prune    | base config ops event bus
      boot     | *
      cli      | *
      """;

  /** The parts of the event path; they meet on the bus and nowhere else. */
  static final Set<String> STAGES = Set.of("ingest", "room", "gateway", "worker", "sync", "callback", "prune");

  /** The packages in which SQL may be written. */
  static final Set<String> SQL = Set.of("store", "log", "consumer", "artifact", "callback");

  private PackageTable() {}

  /** Every package with those it may import. */
  static Map<String, Set<String>> allowedImports() {
    var table = new LinkedHashMap<String, Set<String>>();
    for (var row : ROWS.lines().toList()) {
      var cells = row.split("\\|", 2);
      var imports = cells[1].isBlank() ? Set.<String>of() : Set.of(cells[1].strip().split(" "));
      table.put(cells[0].strip(), imports);
    }
    table.replaceAll((name, imports) -> imports.contains("*") ? allBut(name, table.keySet()) : imports);
    return table;
  }

  private static Set<String> allBut(String name, Set<String> all) {
    var others = new TreeSet<>(all);
    others.remove(name);
    return others;
  }
}
