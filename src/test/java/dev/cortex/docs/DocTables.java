package dev.cortex.docs;

import dev.cortex.bus.Addresses;
import dev.cortex.bus.Message;
import dev.cortex.event.ErrorCode;
import dev.cortex.ops.Metrics;
import io.vertx.core.VerticleBase;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The reference tables of the documentation, as the code says they are. The first cell of a row is its name. */
final class DocTables {

  /** Stands for an instance number while an address is made, where a letter cannot. */
  private static final int INSTANCE = 987_654;

  private static final Pattern LITERAL = Pattern.compile("\"([^\"]*)\"");
  private static final Pattern GAUGE =
      Pattern.compile("\\.gauge\\(\\s*\"([a-z0-9_]+)\",\\s*(\"[^\"]*\"(?:\\s*\\+\\s*\"[^\"]*\")*)\\s*,");

  /** A table: a heading for each column, and rows of as many cells. */
  record Table(List<String> columns, List<List<String>> rows) {

    List<String> names() {
      return rows.stream().map(row -> row.get(0).replace("`", "")).toList();
    }

    String markdown() {
      StringBuilder text = new StringBuilder();
      line(text, columns);
      line(text, columns.stream().map(column -> "---").toList());
      rows.forEach(row -> line(text, row));
      return text.toString();
    }

    private static void line(StringBuilder text, List<String> cells) {
      text.append("| ");
      text.append(cells.stream().map(cell -> cell.replace("|", "\\|")).collect(Collectors.joining(" | ")));
      text.append(" |\n");
    }
  }

  private DocTables() {}

  /** Every table by its name in the documentation's markers. */
  static Map<String, Supplier<Table>> all() {
    Map<String, Supplier<Table>> tables = new LinkedHashMap<>();
    tables.put("errors", DocTables::errors);
    tables.put("addresses", DocTables::addresses);
    tables.put("messages", DocTables::messages);
    tables.put("verticles", DocTables::verticles);
    tables.put("config", DocTables::config);
    tables.put("metrics", DocTables::metrics);
    return tables;
  }

  static Table errors() {
    List<List<String>> rows = new ArrayList<>();
    for (ErrorCode error : ErrorCode.values()) {
      rows.add(
          List.of(
              code(error.code()),
              numberOrDash(error.httpStatus()),
              numberOrDash(error.closeCode()),
              error.temporary() ? "temporary" : "final",
              error.sentence()));
    }
    return new Table(List.of("code", "HTTP", "close", "repeat", "meaning"), rows);
  }

  static Table addresses() {
    List<List<String>> rows = new ArrayList<>();
    for (Field field : Addresses.class.getFields()) {
      String declaration = "public static final String " + field.getName();
      String meaning = Sources.firstSentence(Sources.of(Addresses.class), declaration);
      rows.add(List.of(code(String.valueOf(read(() -> field.get(null)))), meaning));
    }
    for (Method method : Addresses.class.getDeclaredMethods()) {
      if (Modifier.isPublic(method.getModifiers())) {
        Object[] arguments =
            Arrays.stream(method.getParameters())
                .map(parameter ->
                    parameter.getType() == int.class ? (Object) INSTANCE : "<" + parameter.getName() + ">")
                .toArray();
        String address = String.valueOf(read(() -> method.invoke(null, arguments)));
        String meaning =
            Sources.firstSentence(Sources.of(Addresses.class), "public static String " + method.getName() + "\\(");
        rows.add(List.of(code(address.replace(String.valueOf(INSTANCE), "<i>")), meaning));
      }
    }
    rows.sort(Comparator.comparing(row -> row.get(0)));
    return new Table(List.of("address", "what listens there"), rows);
  }

  static Table messages() {
    List<List<String>> rows = new ArrayList<>();
    String source = Sources.text(Sources.of(Message.class));
    List<Class<?>> types = new ArrayList<>(List.of(Message.class.getPermittedSubclasses()));
    // as written: the class file's own order is the compiler's affair
    types.sort(Comparator.comparingInt(type -> source.indexOf("record " + type.getSimpleName() + "(")));
    for (Class<?> type : types) {
      String fields =
          Arrays.stream(type.getRecordComponents()).map(RecordComponent::getName).collect(Collectors.joining(", "));
      String meaning = Sources.firstSentence(Sources.of(Message.class), "record " + type.getSimpleName() + "\\(");
      rows.add(List.of(code(type.getSimpleName()), fields.isEmpty() ? "–" : fields, meaning));
    }
    return new Table(List.of("record", "fields", "meaning"), rows);
  }

  static Table verticles() {
    List<List<String>> rows = new ArrayList<>();
    for (var file : Sources.all()) {
      Matcher verticle =
          Pattern.compile("class (\\w+)(?:<[^{]*>)? extends " + VerticleBase.class.getSimpleName() + "\\b")
              .matcher(Sources.text(file));
      while (verticle.find()) {
        String name = verticle.group(1);
        String folder = String.valueOf(file.getParent().getFileName());
        rows.add(List.of(code(name), code(folder), Sources.firstSentence(file, "[\\w ]*class " + name + "\\b")));
      }
    }
    return new Table(List.of("verticle", "package", "purpose"), rows);
  }

  /** From the table of keys, which its package keeps to itself: hence by reflection. */
  static Table config() {
    List<List<String>> rows = new ArrayList<>();
    Object keys = read(() -> open(Class.forName("dev.cortex.config.Keys").getDeclaredField("ALL")).get(null));
    for (Object key : (List<?>) keys) {
      Object initial = component(key, "initial");
      String shown = initial instanceof List<?> items
          ? items.stream().map(String::valueOf).collect(Collectors.joining(", "))
          : String.valueOf(initial);
      rows.add(
          List.of(
              code(component(key, "name")),
              shown.isEmpty() ? "empty" : code(shown),
              String.valueOf(component(component(key, "kind"), "allowed")),
              String.valueOf(component(key, "doc"))));
    }
    return new Table(List.of("key", "default", "allowed", "meaning"), rows);
  }

  static Table metrics() {
    Map<String, List<String>> byName = new TreeMap<>();
    Metrics metrics = new Metrics();
    metrics.refused(ErrorCode.TIMEOUT.code(), 1);
    Map<String, String> help = new TreeMap<>();
    for (String line : metrics.scrape().split("\n")) {
      String[] words = line.split(" ", 4);
      if (line.startsWith("# HELP ")) {
        help.put(words[2], words[3]);
      } else if (line.startsWith("# TYPE ")) {
        byName.put(words[2], List.of(code(words[2]), words[3], help.get(words[2])));
      }
    }
    registeredGauges().forEach((name, text) -> byName.putIfAbsent(name, List.of(code(name), "gauge", text)));
    return new Table(List.of("metric", "type", "meaning"), List.copyOf(byName.values()));
  }

  /** What the parts register with {@link Metrics#gauge}, read from their sources: name and help are literals there. */
  private static Map<String, String> registeredGauges() {
    Map<String, String> helpByName = new TreeMap<>();
    for (var file : Sources.all()) {
      if (file.startsWith(Sources.of(Metrics.class).getParent())) {
        continue;
      }
      String text = Sources.text(file);
      int understood = 0;
      for (Matcher gauge = GAUGE.matcher(text); gauge.find(); understood++) {
        helpByName.put(
            gauge.group(1),
            LITERAL.matcher(gauge.group(2)).results().map(part -> part.group(1)).collect(Collectors.joining()));
      }
      if (understood != text.split("\\.gauge\\(", -1).length - 1) {
        throw new AssertionError(file + ": name and help of a gauge must be string literals");
      }
    }
    return helpByName;
  }

  private static String code(Object word) {
    return "`" + word + "`";
  }

  private static String numberOrDash(int number) {
    return number == 0 ? "–" : String.valueOf(number);
  }

  private static Object component(Object owner, String name) {
    return read(() -> open(owner.getClass().getDeclaredMethod(name)).invoke(owner));
  }

  private static <T extends AccessibleObject> T open(T member) {
    member.setAccessible(true);
    return member;
  }

  private interface Reading {
    Object value() throws ReflectiveOperationException;
  }

  private static Object read(Reading reading) {
    try {
      return reading.value();
    } catch (ReflectiveOperationException e) {
      throw new AssertionError("the code no longer has the shape the documentation is made from", e);
    }
  }
}
