package dev.cortex.bus;

import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;

/** Stands for a message that came from another node and could not be read; as an answer it fails its question. */
final class Unreadable extends ReplyException {

  Unreadable(String message) {
    super(ReplyFailure.ERROR, message);
  }
}
