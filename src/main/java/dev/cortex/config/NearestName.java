package dev.cortex.config;

import dev.cortex.base.Pure;
import java.util.Collection;
import java.util.Optional;

/** Finds what somebody probably meant: the candidate with the fewest edits, if it is near enough to be helpful. */
@Pure
final class NearestName {

  private NearestName() {}

  /** The nearest candidate; empty when none is within half of the text's length (and at least 3) edits. */
  static Optional<String> of(String text, Collection<String> candidates) {
    String best = "";
    int bestDistance = Math.max(3, text.length() / 2) + 1;
    for (String candidate : candidates) {
      int distance = distance(text, candidate);
      if (distance < bestDistance) {
        best = candidate;
        bestDistance = distance;
      }
    }
    return best.isEmpty() ? Optional.empty() : Optional.of(best);
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
