package dev.cortex.gateway;

import dev.cortex.auth.GuardDecision;
import dev.cortex.auth.LocalGuard;
import dev.cortex.auth.TokenReader;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Principal;
import dev.cortex.event.RefusedException;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** The entrance of a cloud node: who asks is told by a token, and by nothing else. */
final class TokenEntrance implements Entrance {

  /** What a query may call an org. */
  private static final List<String> ORG_NAMES = List.of("org", "orgId", "tenantId");

  private final Function<LocalGuard.Request, GuardDecision> guard;
  private final TokenReader tokens;
  private final Function<Principal, Optional<LocalGuard.Refusal>> admission;

  /**
   * An entrance.
   *
   * @param guard finds the token of a request
   * @param tokens reads it
   * @param admission who may not enter in spite of a good token
   */
  TokenEntrance(
      Function<LocalGuard.Request, GuardDecision> guard,
      TokenReader tokens,
      Function<Principal, Optional<LocalGuard.Refusal>> admission) {
    this.guard = guard;
    this.tokens = tokens;
    this.admission = admission;
  }

  @Override
  public Future<Principal> identify(HttpServerRequest request, Caller caller) {
    GuardDecision decision = guard.apply(Door.asked(request));
    if (decision instanceof GuardDecision.Ask ask) {
      return read(ask, caller)
          .compose(principal -> admission.apply(principal)
              .<Future<Principal>>map(TokenEntrance::refuse)
              .orElseGet(() -> Future.succeededFuture(principal)))
          .compose(principal -> agreed(principal, request));
    }
    if (decision instanceof GuardDecision.Refused refused) {
      return refuse(refused.refusal());
    }
    // what a guard leaves open needs no principal; what needs one is not open
    return Future.failedFuture(new RefusedException(ErrorCode.UNAUTHORIZED, ErrorCode.UNAUTHORIZED.sentence()));
  }

  /** An org in the query must be one of the token's, on every route: also where nothing else reads it. */
  private static Future<Principal> agreed(Principal principal, HttpServerRequest request) {
    if (request.query() == null) {
      return Future.succeededFuture(principal);
    }
    try {
      Query query = Query.of(request);
      boolean own = ORG_NAMES.stream().flatMap(name -> query.all(name).stream()).allMatch(principal::isOf);
      return own
          ? Future.succeededFuture(principal)
          : Future.failedFuture(new RefusedException(ErrorCode.FORBIDDEN, "this caller does not belong to that org"));
    } catch (RefusedException malformed) {
      return Future.failedFuture(malformed);
    }
  }

  private Future<Principal> read(GuardDecision.Ask ask, Caller caller) {
    try {
      if (caller == Caller.SERVICE) {
        return ask.byHeader()
            ? Future.succeededFuture(tokens.service(ask.token()))
            : Future.failedFuture(new RefusedException(
                ErrorCode.UNAUTHORIZED, "A service's token is accepted as Authorization: Bearer only"));
      }
      return ask.byHeader() ? tokens.any(ask.token()) : tokens.user(ask.token());
    } catch (RefusedException refused) {
      return Future.failedFuture(refused);
    }
  }

  private static Future<Principal> refuse(LocalGuard.Refusal refusal) {
    return Future.failedFuture(new RefusedException(refusal.code(), refusal.message()));
  }
}
