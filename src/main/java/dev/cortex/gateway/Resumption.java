package dev.cortex.gateway;

import dev.cortex.event.Principal;

/** Makes and checks the tokens with which a client takes up on any node what it had on a connection that was lost. */
interface Resumption {

  /** A token for a connection that has just opened. */
  String issue(Visitor visitor);

  /** Whether the token was made for that principal, by this node or another, and is still good. */
  boolean verifies(String token, Principal principal);
}
