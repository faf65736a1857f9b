package dev.cortex.event;

/** How urgently an event wants to leave a busy connection. Priority never changes order. */
public enum Priority {
  /** Flushes at once everything queued before it; never skipped. */
  CRITICAL("critical"),
  /** The default. */
  STANDARD("standard"),
  /** May be skipped live, with an announcement, for a slow connection, when it has no session. */
  BACKGROUND("background");

  private final String text;

  Priority(String text) {
    this.text = text;
  }

  /** The word used on the wire and in the store. */
  public String text() {
    return text;
  }

  /** The priority of that word, or empty when there is none. */
  public static java.util.Optional<Priority> of(String text) {
    for (Priority p : values()) {
      if (p.text.equals(text)) {
        return java.util.Optional.of(p);
      }
    }
    return java.util.Optional.empty();
  }
}
