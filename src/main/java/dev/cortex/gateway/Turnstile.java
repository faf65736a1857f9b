package dev.cortex.gateway;

import dev.cortex.bus.Message.Connect;
import dev.cortex.bus.Message.Connected;
import dev.cortex.bus.Message.Disconnect;
import dev.cortex.bus.RoomCalls;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.RefusedException;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * What every connection passes that stays open: WebSockets and streams. In a cluster the room of its org is asked
 * before it opens, and told when it is gone. A room that does not answer keeps nobody out; the connection is counted
 * when this gateway attaches to that room.
 */
final class Turnstile implements ConnectionCounts {

  /** How long somebody waits at the door because a room is moving. */
  private static final long PATIENCE_MS = 2_000;

  private final RoomCalls rooms;
  private final String gateway;
  private final Rule rule;
  private final BooleanSupplier closed;
  private final Map<String, Integer> counts = new HashMap<>();

  /**
   * How many may be in.
   *
   * @param here connections of this server, 0 for any number
   * @param byOrg whether orgs have quotas of connections, which their rooms keep
   */
  record Rule(int here, boolean byOrg) {}

  /**
   * The turnstile of a gateway.
   *
   * @param gateway its address on the bus
   * @param closed whether nobody is let in at the moment
   */
  Turnstile(RoomCalls rooms, String gateway, Rule rule, BooleanSupplier closed) {
    this.rooms = rooms;
    this.gateway = gateway;
    this.rule = rule;
    this.closed = closed;
  }

  @Override
  public int of(String orgId) {
    return counts.getOrDefault(orgId, 0);
  }

  /**
   * Lets one connection in. Succeeds with what has to be run, once, when it is gone; fails with {@code rate_limited}
   * when there are as many as there may be, with {@code shutting_down} when nobody is let in.
   *
   * @param orgIds whose connection it is
   * @param open connections that are open already
   */
  Future<Runnable> enter(List<String> orgIds, int open) {
    if (closed.getAsBoolean()) {
      return stillOpen();
    }
    if (rule.here() > 0 && open >= rule.here()) {
      return Future.failedFuture(
          new RefusedException(ErrorCode.RATE_LIMITED, "this server has as many connections as it may"));
    }
    return rule.byOrg() ? counted(orgIds) : Future.succeededFuture(() -> {});
  }

  /** Fails with {@code shutting_down} when nobody is let in any more, for those whom something kept at the door. */
  <T> Future<T> stillOpen() {
    return closed.getAsBoolean()
        ? Future.failedFuture(
            new RefusedException(ErrorCode.SHUTTING_DOWN, "this node takes no new connections: try another one"))
        : Future.succeededFuture();
  }

  private Future<Runnable> counted(List<String> orgIds) {
    List<Future<?>> asked = new ArrayList<>();
    List<String> entered = new ArrayList<>();
    for (String orgId : orgIds) {
      counts.merge(orgId, 1, Integer::sum);
      asked.add(rooms
          .ask(orgId, new Connect(gateway, orgId), Connected.class, PATIENCE_MS)
          .transform(answer -> {
            if (answer.failed() && isRefusal(answer.cause())) {
              uncount(orgId);
              return Future.failedFuture(answer.cause());
            }
            entered.add(orgId);
            return Future.succeededFuture();
          }));
    }
    return Future.join(asked).transform(all -> {
      if (all.failed()) {
        entered.forEach(this::leave);
        return Future.failedFuture(all.cause());
      }
      return Future.succeededFuture(() -> entered.forEach(this::leave));
    });
  }

  private static boolean isRefusal(Throwable failure) {
    return failure instanceof RefusedException refused && refused.code() == ErrorCode.RATE_LIMITED;
  }

  private void leave(String orgId) {
    uncount(orgId);
    String owner = rooms.directory().ownerOf(orgId);
    if (!owner.isEmpty()) { // else the next owner is told the right count when this gateway attaches
      rooms.tell(owner, new Disconnect(gateway, orgId));
    }
  }

  private void uncount(String orgId) {
    counts.computeIfPresent(orgId, (org, count) -> count == 1 ? null : count - 1);
  }
}
