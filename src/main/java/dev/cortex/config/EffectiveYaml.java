package dev.cortex.config;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Writes the effective configuration as YAML: what {@code --check-config} prints. Secrets are masked. */
final class EffectiveYaml {

  private EffectiveYaml() {}

  /** The text of these settings, made when asked for: a normal start never needs it. */
  static Supplier<String> of(String profile, Path dataDir, Settings settings) {
    return () -> {
      StringBuilder out = new StringBuilder("# effective configuration of profile ").append(profile).append('\n');
      String section = "";
      for (Key key : Keys.ALL) {
        if (!key.section().equals(section)) {
          appendHeaders(out, section, key.section());
          section = key.section();
        }
        Object value = key.name().equals("data_dir") ? dataDir.toString() : settings.value(key);
        out.append(indent(section)).append(key.name().substring(key.name().lastIndexOf('.') + 1)).append(": ");
        out.append(show(key, value));
        settings.origin(key).ifPresent(origin -> out.append("  # from ").append(origin));
        out.append('\n');
      }
      return out.toString();
    };
  }

  private static void appendHeaders(StringBuilder out, String before, String section) {
    int dot = section.indexOf('.');
    boolean nested = dot > 0 && before.equals(section.substring(0, dot));
    out.append(nested ? "  " + section.substring(dot + 1) : section).append(":\n");
  }

  private static String indent(String section) {
    return section.isEmpty() ? "" : section.contains(".") ? "    " : "  ";
  }

  private static String show(Key key, Object value) {
    if (value instanceof List<?> list) {
      return list.stream().map(item -> quoted(key, (String) item)).collect(Collectors.joining(", ", "[", "]"));
    }
    return key.kind() instanceof Kind.Text ? quoted(key, (String) value) : String.valueOf(value);
  }

  private static String quoted(Key key, String text) {
    String shown = key.secret() && !text.isEmpty() ? Shapes.MASK : Shapes.withoutCredentials(text);
    return '"' + shown.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
