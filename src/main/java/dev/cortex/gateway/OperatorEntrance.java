package dev.cortex.gateway;

import dev.cortex.auth.GuardDecision;
import dev.cortex.auth.InternalGuard;
import dev.cortex.auth.TokenReader;
import dev.cortex.event.Principal;
import dev.cortex.event.Scope;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Set;

/**
 * The entrance of those who run a node: whoever reaches its loopback, or shows a token for all orgs with the scope
 * admin.
 */
final class OperatorEntrance implements Entrance {

  /** Somebody on the machine itself: sees the node, and no event of any org. */
  private static final Principal OPERATOR =
      new Principal("operator", false, Set.of(), Set.of(Scope.ADMIN), List.of(), Long.MAX_VALUE);

  private final InternalGuard guard;
  private final Entrance byToken;

  OperatorEntrance(InternalGuard guard, TokenReader tokens) {
    this.guard = guard;
    this.byToken = new TokenEntrance(guard::check, tokens, guard::admit);
  }

  @Override
  public Future<Principal> identify(HttpServerRequest request, Caller caller) {
    return guard.check(Door.asked(request)) instanceof GuardDecision.Open
        ? Future.succeededFuture(OPERATOR)
        : byToken.identify(request, caller);
  }
}
