package dev.cortex.config;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** Reads one YAML file into the settings. Works on nodes, so that every problem has its line. */
final class YamlLayer {

  private final String file;
  private final Settings settings;

  /** A layer whose problems and origins name that file. */
  YamlLayer(String file, Settings settings) {
    this.file = file;
    this.settings = settings;
  }

  /** Reads the whole text; problems are noted in the settings. */
  void read(String yaml) {
    try {
      Compose compose = new Compose(LoadSettings.builder().setLabel(file).build());
      compose.composeString(yaml).ifPresent(root -> section("", root));
    } catch (MarkedYamlEngineException e) {
      // The exception's own message quotes the file, which may hold secrets.
      String place = e.getProblemMark().map(this::place).orElse(file);
      settings.problem(place, "not valid YAML: " + e.getProblem());
    } catch (YamlEngineException e) {
      settings.problem(file, "not valid YAML");
    }
  }

  private void section(String name, Node node) {
    if (isEmpty(node)) {
      return;
    }
    if (!(node instanceof MappingNode mapping)) {
      String what = name.isEmpty() ? "the file" : name;
      settings.problem(place(node), what + " must hold keys: " + String.join(", ", Keys.within(name)));
      return;
    }
    Set<String> seen = new HashSet<>();
    for (NodeTuple tuple : mapping.getValue()) {
      if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
        settings.problem(place(tuple.getKeyNode()), "a key must be plain text");
        continue;
      }
      String full = name.isEmpty() ? key.getValue() : name + '.' + key.getValue();
      if (!seen.add(full)) {
        settings.problem(place(key), "duplicate key " + full);
      } else if (key.getValue().contains(".")) {
        settings.problem(place(key), full + ": sections are nested, not joined by dots");
      } else if (Keys.isSection(full)) {
        section(full, tuple.getValueNode());
      } else {
        Keys.named(full)
            .ifPresentOrElse(known -> value(known, tuple.getValueNode()), () -> settings.unknown(place(key), full));
      }
    }
  }

  private void value(Key key, Node node) {
    if (key.kind() instanceof Kind.TextList kind) {
      list(key, kind, node);
    } else if (node instanceof ScalarNode scalar) {
      settings.put(place(node), key, isEmpty(node) ? "" : scalar.getValue());
    } else {
      settings.problem(place(node), key.name() + ": one value is expected; allowed: " + key.kind().allowed());
    }
  }

  private void list(Key key, Kind.TextList kind, Node node) {
    List<String> items = new ArrayList<>();
    boolean sequence = node instanceof SequenceNode || isEmpty(node);
    if (node instanceof SequenceNode nodes) {
      for (Node item : nodes.getValue()) {
        sequence &= item instanceof ScalarNode;
        items.add(item instanceof ScalarNode scalar ? scalar.getValue() : "");
      }
    }
    if (sequence) {
      settings.putItems(place(node), key, kind, items);
    } else {
      settings.problem(place(node), key.name() + ": a list like [a, b] is expected; allowed: " + kind.allowed());
    }
  }

  private static boolean isEmpty(Node node) {
    return node instanceof ScalarNode scalar && scalar.isPlain() && scalar.getTag().equals(Tag.NULL);
  }

  private String place(Node node) {
    return node.getStartMark().map(this::place).orElse(file);
  }

  private String place(Mark mark) {
    return file + ':' + (mark.getLine() + 1);
  }
}
