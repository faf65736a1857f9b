package dev.cortex.gateway;

import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Feeds that are being attached for the first time: one an org, however many ask for it, and what is heard of the org's
 * log before the answer is not forgotten.
 */
final class Arriving {

  private static final class Arrival {
    private final Promise<Feed> feed = Promise.promise();
    private long heardOf;
  }

  private final Map<String, Arrival> byOrg = new HashMap<>();

  /** The feed of an org begins to arrive; to be ended by {@link #end}. */
  Future<Feed> begin(String orgId) {
    Arrival arrival = new Arrival();
    byOrg.put(orgId, arrival);
    return arrival.feed.future();
  }

  /** The feed of an org is here, or cannot be had. */
  void end(String orgId, AsyncResult<Feed> answer) {
    byOrg.remove(orgId).feed.handle(answer);
  }

  /** The feed of an org that is on its way. */
  Optional<Future<Feed>> running(String orgId) {
    return Optional.ofNullable(byOrg.get(orgId)).map(arrival -> arrival.feed.future());
  }

  /** An org's log reaches up to that offset, said somebody faster than the answer; false when none is awaited. */
  boolean heard(String orgId, long through) {
    Arrival arrival = byOrg.get(orgId);
    if (arrival == null) {
      return false;
    }
    arrival.heardOf = Math.max(arrival.heardOf, through);
    return true;
  }

  /** How far the log of an arriving org reaches, by all that was heard. */
  long heardOf(String orgId) {
    return byOrg.get(orgId).heardOf;
  }

  /** Whether the feed of an org is on its way. */
  boolean awaits(String orgId) {
    return byOrg.containsKey(orgId);
  }
}
