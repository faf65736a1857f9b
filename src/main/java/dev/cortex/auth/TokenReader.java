package dev.cortex.auth;

import dev.cortex.event.Principal;
import dev.cortex.event.RefusedException;
import io.vertx.core.Future;

/** Turns the tokens of requests into principals. */
public interface TokenReader {

  /**
   * Reads a user's token. Fails with a {@link RefusedException}: {@code unauthorized} for whatever is wrong
   * with it, {@code internal} or {@code overloaded} (both temporary) while the keys to check it with cannot be had or
   * too many wait to be checked. Completes in the caller's context, often at once.
   */
  Future<Principal> user(String token);

  /** Reads a back-end service's token; throws a {@link RefusedException} for one that is not valid. */
  Principal service(String token);

  /**
   * Reads whatever a header brought: a service's token if it is one, else a user's. Fails like {@link #user}. A token
   * from a query is never a service's: use {@link #user} for it.
   */
  default Future<Principal> any(String token) {
    try {
      return Future.succeededFuture(service(token));
    } catch (RefusedException unknown) {
      return user(token);
    }
  }
}
