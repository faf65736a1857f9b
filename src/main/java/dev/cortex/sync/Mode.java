package dev.cortex.sync;

import dev.cortex.base.Pure;
import java.util.Locale;

/** How news of the cloud reach a desktop, from worst to best. */
@Pure
enum Mode {
  /** Not at all: the cloud did not answer, or refused. */
  OFFLINE,
  /** By asking at intervals. */
  POLL,
  /** By one request that is held until something happens. */
  HELD,
  /** By signed pushes; polls are a safety net. */
  PUSH;

  private final String text = name().toLowerCase(Locale.ROOT);

  /** The word on the wire. */
  String text() {
    return text;
  }

  /** The number in metrics: 1 for offline to 4 for push; 0 is left for no sync at all. */
  int number() {
    return ordinal() + 1;
  }

  /** The worse of the two. */
  Mode worse(Mode other) {
    return compareTo(other) <= 0 ? this : other;
  }
}
