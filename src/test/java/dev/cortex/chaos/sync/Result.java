package dev.cortex.chaos.sync;

import java.util.List;

/**
 * What came of a run.
 *
 * @param lines what it measured
 * @param verdict what was promised and not kept
 */
record Result(List<String> lines, Judge.Verdict verdict) {

  /** The result as text. */
  String text() {
    StringBuilder text = new StringBuilder();
    lines.forEach(line -> text.append(line).append('\n'));
    text.append(verdict).append('\n');
    verdict.faults().forEach(fault -> text.append("  ").append(fault).append('\n'));
    return text.toString();
  }

  /** Shows the result, and fails with it when a promise was broken. */
  void requireGood() {
    System.out.print(text());
    if (!verdict.good()) {
      throw new AssertionError(text());
    }
  }
}
