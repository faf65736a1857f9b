package dev.cortex.event;

import dev.cortex.base.Pure;
import java.util.Locale;
import java.util.Optional;

/** What a principal may do; the words of a token's {@code scope}. */
@Pure
public enum Scope {
  /** Publish events. */
  PUBLISH,
  /** Read events, live or old, and see who is present. */
  SUBSCRIBE,
  /** Take part in consumer groups. */
  CONSUME,
  /** See and steer the node itself. */
  ADMIN;

  /** The word on the wire. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The scope of that word; empty for an unknown one. */
  public static Optional<Scope> of(String word) {
    for (Scope scope : values()) {
      if (scope.word().equals(word)) {
        return Optional.of(scope);
      }
    }
    return Optional.empty();
  }
}
