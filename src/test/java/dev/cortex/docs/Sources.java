package dev.cortex.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The main sources as text, for what only they tell: the sentence above a declaration. */
final class Sources {

  private static final Path ROOT = Path.of("src/main/java");
  private static final Pattern TAG = Pattern.compile("\\{@\\w+ ([^}]*)}");

  private Sources() {}

  /** Every source file, sorted by path. */
  static List<Path> all() {
    try (Stream<Path> files = Files.walk(ROOT)) {
      return files.filter(file -> file.toString().endsWith(".java")).sorted(Comparator.naturalOrder()).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path of(Class<?> type) {
    return ROOT.resolve(type.getName().replace('.', '/') + ".java");
  }

  /** The first sentence of the comment above the declaration that the regular expression finds. */
  static String firstSentence(Path file, String declaration) {
    Matcher found =
        Pattern.compile("/\\*\\*((?:(?!\\*/).)*)\\*/\\s*" + declaration, Pattern.DOTALL).matcher(text(file));
    if (!found.find()) {
      throw new AssertionError(file + " has no comment above " + declaration);
    }
    String comment = found.group(1).replaceAll("\\n\\s*\\*", " ").split("<p>|\\s@\\w+ ", 2)[0];
    String plain = TAG.matcher(comment).replaceAll("$1").replaceAll("\\s+", " ").strip();
    return plain.split("(?<=\\.) ", 2)[0];
  }
}
