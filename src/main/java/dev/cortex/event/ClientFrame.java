package dev.cortex.event;

import dev.cortex.base.Pure;
import java.util.List;

/**
 * One control frame of a client, checked. {@code rid} is the request id as the JSON text that came (a string with its
 * quotes, or an integer), ready to be put into the answer; empty when the client sent none.
 */
@Pure
public sealed interface ClientFrame {

  /** The request id as JSON text, empty when there is none. */
  String rid();

  /** Subscribe to a channel from a place on, with deltas or without. */
  record Subscribe(String rid, Channel channel, Since since, boolean delta) implements ClientFrame {}

  /** End the subscription to a channel. */
  record Unsubscribe(String rid, Channel channel) implements ClientFrame {}

  /** Publish an event; {@code event} is the JSON value as sent, of any kind, well formed but unread. */
  record Publish(String rid, byte[] event) implements ClientFrame {}

  /** Ask who is connected to a channel. */
  record Presence(String rid, Channel channel) implements ClientFrame {}

  /** Take up the subscriptions of a lost connection, from the client's own cursors; none of them has a rid. */
  record Resume(String rid, String token, List<Subscribe> subscriptions) implements ClientFrame {

    /** Without the token: what is printed may be logged. */
    @Override
    public String toString() {
      return "Resume[rid=" + rid + ", subscriptions=" + subscriptions + ']';
    }
  }

  /** Ask for a sign of life and a covered cursor. */
  record Ping(String rid) implements ClientFrame {}

  /** An op this version does not serve. */
  record Unknown(String rid, String op) implements ClientFrame {}

  /** A frame whose fields are wrong: to be answered with an error; the connection stays open. */
  record Refused(String rid, ErrorCode code, String message) implements ClientFrame {}
}
