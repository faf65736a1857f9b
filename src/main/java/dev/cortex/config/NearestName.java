package dev.cortex.config;

import static java.util.Comparator.comparingInt;

import dev.cortex.base.Pure;
import java.util.Collection;
import java.util.Optional;

/** Finds what somebody probably meant: the candidate with the fewest edits, if it is near enough to be helpful. */
@Pure
final class NearestName {

  private NearestName() {}

  /**
   * The candidate that ends with the same word after its last dot, else the shortest one that continues the text, else
   * the one with the fewest edits; empty when that takes more than half of the text's length (and more than 3).
   */
  static Optional<String> of(String text, Collection<String> candidates) {
    String word = text.substring(text.lastIndexOf('.') + 1);
    return candidates.stream()
        .filter(candidate -> candidate.endsWith('.' + word))
        .findFirst()
        .or(() -> candidates.stream().filter(each -> each.startsWith(text)).min(comparingInt(String::length)))
        .or(() -> candidates.stream().min(comparingInt(each -> distance(text, each))))
        .filter(best -> best.contains(word) || distance(text, best) <= Math.max(3, text.length() / 2));
  }

  /** How many characters must be inserted, deleted or replaced to turn one text into the other. */
  static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
