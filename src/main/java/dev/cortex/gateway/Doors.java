package dev.cortex.gateway;

import io.vertx.core.Future;

/** The listeners of a gateway: which there are, and what is served on each to whom. */
interface Doors {

  /** Begins to listen and to serve those routes. */
  Future<Void> open(Routes routes);

  /** The public port in use. */
  int port();

  /** The port in use for those who run the server; the public one where there is only one. */
  int internalPort();

  /** The port in use for signed pushes alone; 0 when there is none. */
  int callbackPort();

  /** Closes connections that do not get on. To be called about once a second. */
  void tick();

  /** Stops listening. Requests under way are answered, sockets closed with their code. */
  Future<Void> close();
}
