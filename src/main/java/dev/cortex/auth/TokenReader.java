package dev.cortex.auth;

import dev.cortex.event.Principal;
import io.vertx.core.Future;

/** Turns the tokens of requests into principals. */
public interface TokenReader {

  /**
   * Reads a user's token. Fails with a {@link dev.cortex.event.RefusedException}: {@code unauthorized} for whatever is
   * wrong with it, {@code internal} (temporary) while the keys to check it with cannot be had.
   */
  Future<Principal> user(String token);

  /** Reads a back-end service's token; throws a {@link dev.cortex.event.RefusedException} for one that is not valid. */
  Principal service(String token);
}
