package dev.cortex.event;

import dev.cortex.base.Pure;
import java.util.Optional;

/**
 * A desktop as other logs know it. As text, in headers and as the origin of an event, it is
 * {@code <install>/<incarnation>}.
 *
 * @param install the installation, the same for as long as its data directory lives; the home of the sessions it began
 * @param incarnation under which it numbers its outbox; another one after its database was restored
 */
@Pure
public record Desktop(String install, String incarnation) {

  /** The text of it. */
  public String text() {
    return install + '/' + incarnation;
  }

  /** Reads the text of a desktop; empty when it is none. */
  public static Optional<Desktop> parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      return Optional.empty();
    }
    String install = text.substring(0, slash);
    String incarnation = text.substring(slash + 1);
    return Ids.isName(install) && Ids.isName(incarnation)
        ? Optional.of(new Desktop(install, incarnation))
        : Optional.empty();
  }
}
