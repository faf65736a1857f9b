package dev.cortex.gateway;

import dev.cortex.base.Pure;
import dev.cortex.event.Principal;

/**
 * Who is at the other end of a connection.
 *
 * @param connection names the connection in logs and to its client
 * @param principal on whose behalf it was opened
 */
@Pure
record Visitor(String connection, Principal principal) {

  /** Connection and orgs, for a log line; nothing of it is a secret. */
  String text() {
    return "connection=" + connection + " org=" + String.join(",", principal.orgs());
  }
}
