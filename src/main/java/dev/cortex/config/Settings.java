package dev.cortex.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The values gathered so far, each with the place it came from; later layers replace earlier ones. */
final class Settings {

  /** A value and where it was set, such as {@code my.yaml:7} or {@code --port}. */
  record Setting(Object value, String origin) {}

  private final Map<String, Setting> byName = new HashMap<>();
  private final Map<String, Object> before = new HashMap<>();
  private final List<String> problems = new ArrayList<>();
  private final List<String> missing = new ArrayList<>();

  /** Sets a key from text, or notes the problem. */
  void put(String origin, Key key, String text) {
    accept(origin, key, key.kind().parse(text), text);
  }

  /** Sets a list from its items, or notes the problem. */
  void putItems(String origin, Key key, Kind.TextList kind, List<String> items) {
    accept(origin, key, kind.parseItems(items), String.join(", ", items));
  }

  /** Notes a key that does not exist, with the nearest one that does. */
  void unknown(String origin, String name) {
    String section = name.contains(".") ? name.substring(0, name.lastIndexOf('.')) : "";
    String known = Keys.isSection(section) ? section : "";
    String prefix = known.isEmpty() ? "" : known + '.';
    List<String> allowed = Keys.within(known).stream().map(each -> prefix + each).toList();
    List<String> everything = new ArrayList<>(allowed);
    Keys.ALL.forEach(key -> everything.add(key.name()));
    String nearest = NearestName.of(name, everything).map(each -> "; did you mean " + each + "?").orElse(".");
    problem(origin, "unknown key " + name + nearest + " Allowed here: " + String.join(", ", allowed));
  }

  /** Notes a problem; it has no origin when it lies in what nobody set. */
  void problem(String origin, String what) {
    problems.add(origin.isEmpty() ? what : origin + ": " + what);
  }

  /** Notes that a key is not set. Said only when nothing else is wrong: another mistake may be why it is missing. */
  void missing(String what) {
    missing.add(what);
  }

  /** Notes a broken rule of a key, at the place where it or one of the others involved was set. */
  void refuse(String key, String rule, String... others) {
    List<String> involved = Stream.concat(Stream.of(key), Stream.of(others)).toList();
    problem(place(involved), key + ": " + rule);
  }

  /** Everything noted so far that has to be said. */
  List<String> problems() {
    return problems.isEmpty() ? missing : problems;
  }

  /** Where the key was set; empty when it has its initial value. */
  Optional<String> origin(Key key) {
    return Optional.ofNullable(byName.get(key.name()))
        .filter(setting -> !setting.value().equals(key.initial()))
        .map(Setting::origin);
  }

  /** Where a problem between these keys comes from: the first of them that was set; empty when none was. */
  String place(List<String> names) {
    return names.stream()
        .filter(byName::containsKey)
        .findFirst()
        .map(name -> byName.get(name).origin())
        .orElse("");
  }

  /** Takes what is set so far as the profile's own; see {@link #isChanged}. */
  void beginUserLayers() {
    byName.forEach((name, setting) -> before.put(name, setting.value()));
  }

  /** Whether somebody set the key to another value than the profile has by itself. */
  boolean isChanged(Key key) {
    return !value(key).equals(before.getOrDefault(key.name(), key.initial()));
  }

  /** The value of a key. */
  Object value(Key key) {
    Setting setting = byName.get(key.name());
    return setting == null ? key.initial() : setting.value();
  }

  /** A text or word. */
  String text(String name) {
    return (String) valueOf(name);
  }

  /** A list. */
  List<String> list(String name) {
    return ((List<?>) valueOf(name)).stream().map(String.class::cast).toList();
  }

  /** A whole number whose range fits an int. */
  int whole(String name) {
    return Math.toIntExact(wholeLong(name));
  }

  /** A whole number. */
  long wholeLong(String name) {
    return (Long) valueOf(name);
  }

  /** A number. */
  double decimal(String name) {
    return (Double) valueOf(name);
  }

  /** True or false. */
  boolean flag(String name) {
    return (Boolean) valueOf(name);
  }

  private Object valueOf(String name) {
    return value(Keys.named(name).orElseThrow(() -> new IllegalArgumentException("no key " + name)));
  }

  private void accept(String origin, Key key, Optional<Object> value, String text) {
    if (value.isPresent()) {
      byName.put(key.name(), new Setting(value.get(), origin));
      return;
    }
    String plain = Shapes.withoutCredentials(text);
    String cut = plain.length() > 80 ? plain.substring(0, 80) + "…" : plain;
    boolean bracketed = key.kind() instanceof Kind.TextList && text.startsWith("[");
    String shown = key.secret() ? "this value" : "'" + cut + "'";
    problem(origin, key.name() + ": " + shown + " is not allowed; allowed: " + key.kind().allowed()
        + (bracketed ? "; write a,b" : ""));
  }
}
