package dev.cortex.bench;

/**
 * How a measurement compares with what was aimed at.
 *
 * @param text the numbers and the aim
 */
record Verdict(String scenario, String text, boolean met) {

  /** As a line below the rows it speaks of. */
  String line() {
    return String.format("%-9s %s: %s", scenario, text, met ? "met" : "MISSED");
  }
}
