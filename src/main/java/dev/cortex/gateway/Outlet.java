package dev.cortex.gateway;

import dev.cortex.event.ErrorCode;
import dev.cortex.event.Position;

/** Where a subscription's events go: one connection. Touched only on the gateway's event loop. */
interface Outlet {

  /** Whether the socket takes more; when it does again, the connection calls {@link Subscriber#pump()}. */
  boolean writable();

  /** Hands events to the socket; they leave at the next {@link #flush()}. */
  void write(Joined events);

  /** Sends what was written. */
  void flush();

  /** The subscription fell behind the bound of its queue and reads from the log from now on. */
  void lagging(Subscriber subscriber, long queueDepth);

  /** The queue of a subscription passed the threshold, or is empty again when the depth is 0. */
  void pressure(Subscriber subscriber, long queueDepth);

  /** The subscription receives live events again. */
  void caughtUp(Subscriber subscriber);

  /** What the subscription misses cannot be sent any more; it goes on live from {@code head}, or the socket closes. */
  void lost(Subscriber subscriber, ErrorCode reason, Position head);

  /** Writing failed and ended the subscription: the connection has to end too, or the client misses events unawares. */
  void broken(RuntimeException failure);

  /** Who is connected, for presence. */
  String userId();
}
