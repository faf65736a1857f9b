package dev.cortex.sync;

import dev.cortex.base.Pure;
import java.util.Locale;

/** How news of the cloud reach a desktop, from worst to best. */
@Pure
enum Mode {
  /** Not at all: the cloud did not answer. */
  OFFLINE(1),
  /** Not at all: the cloud answers, and does not let this desktop in. */
  REFUSED(5),
  /** By asking at intervals. */
  POLL(2),
  /** By one request that is held until something happens. */
  HELD(3),
  /** By signed pushes; polls are a safety net. */
  PUSH(4);

  private final int number;
  private final String text = name().toLowerCase(Locale.ROOT);

  Mode(int number) {
    this.number = number;
  }

  /** The word on the wire. */
  String text() {
    return text;
  }

  /** The number in metrics: which stays the same when another word is added; 0 is left for no sync at all. */
  int number() {
    return number;
  }

  /** The worse of the two. */
  Mode worse(Mode other) {
    return compareTo(other) <= 0 ? this : other;
  }
}
