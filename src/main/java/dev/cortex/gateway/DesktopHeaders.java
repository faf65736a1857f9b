package dev.cortex.gateway;

import dev.cortex.bus.Source;
import dev.cortex.event.Desktop;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Principal;
import dev.cortex.event.RefusedException;
import io.vertx.core.MultiMap;
import java.util.List;
import java.util.Optional;

/** The headers by which a desktop says to its cloud who it is and which part of its outbox it sends, read strictly. */
final class DesktopHeaders {

  private static final String DESKTOP = "Cortex-Desktop";
  private static final String OUTBOX_FIRST = "Cortex-Outbox-First";
  private static final long NUMBER_MAX = (1L << 53) - 1;

  private DesktopHeaders() {}

  /** Which desktop asks; empty when it is none, a refusal when the header is malformed. */
  static Optional<Desktop> desktop(MultiMap headers) {
    return one(headers, DESKTOP).map(text -> Desktop.parse(text).orElseThrow(
        () -> refused(DESKTOP + " is <install>/<incarnation>, both names of 1 to 128 of A-Z a-z 0-9 . _ ~ -")));
  }

  /** Which desktop asks; a refusal when it is none. */
  static Desktop required(MultiMap headers) {
    return desktop(headers).orElseThrow(() -> refused(DESKTOP + " is required"));
  }

  /** Whose events a request brings, and who says so. */
  static Source source(MultiMap headers, Principal principal) {
    Optional<Desktop> desktop = desktop(headers);
    Optional<String> first = one(headers, OUTBOX_FIRST);
    if (desktop.isEmpty() && first.isEmpty()) {
      return Source.PRODUCERS;
    }
    if (desktop.isEmpty() || first.isEmpty()) {
      throw refused(DESKTOP + " and " + OUTBOX_FIRST + " come together: an outbox is numbered");
    }
    return new Source.Outbox(desktop.get(), principal.subject(), number(first.get()), List.of());
  }

  /** Refuses a part of an outbox where none is taken: its events would lose their numbers. */
  static void refuseOutbox(MultiMap headers) {
    if (headers.contains(OUTBOX_FIRST)) {
      throw refused("this door takes no outbox: send it to POST /api/events of the cloud");
    }
  }

  private static Optional<String> one(MultiMap headers, String name) {
    List<String> all = headers.getAll(name);
    if (all.size() > 1) {
      throw refused(name + " may be given once");
    }
    return all.isEmpty() ? Optional.empty() : Optional.of(all.get(0));
  }

  private static long number(String text) {
    if (text.matches("[1-9][0-9]{0,15}")) {
      long number = Long.parseLong(text);
      if (number <= NUMBER_MAX) {
        return number;
      }
    }
    throw refused(OUTBOX_FIRST + " is an integer from 1 to 2^53-1");
  }

  private static RefusedException refused(String message) {
    return new RefusedException(ErrorCode.BAD_REQUEST, message);
  }
}
