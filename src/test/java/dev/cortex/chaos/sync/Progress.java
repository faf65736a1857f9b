package dev.cortex.chaos.sync;

/** Tells on standard error what goes on. */
final class Progress {

  private Progress() {}

  static void say(String text) {
    System.err.println("tools/chaos: " + text);
  }
}
