package dev.cortex.ingest;

import dev.cortex.base.Pure;
import dev.cortex.config.CortexConfig.MessageContract;
import dev.cortex.event.Channel;
import dev.cortex.event.Draft;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.event.Principal;
import dev.cortex.event.Scope;
import java.util.Optional;

/** What a good event is refused for all the same: by who sends it, and by what the configuration demands. */
@Pure
final class PublishRules {

  private final MessageContract contract;

  PublishRules(MessageContract contract) {
    this.contract = contract;
  }

  /** Why a producer's event is refused; empty when it is not. */
  Optional<Outcome> check(Principal principal, Draft draft) {
    // only who belongs to every org is told that an org is missing; to anyone else none is as good as a foreign one
    if (draft.orgId().isEmpty() && principal.orgs().isEmpty()) {
      String message = "orgId is missing: a name of 1 to 128 of A-Z a-z 0-9 . _ ~ -";
      return refusal(draft, ErrorCode.INVALID_EVENT, message);
    }
    return checkCaller(principal, draft).or(() -> checkContract(draft));
  }

  /** Why an event is refused to that caller, whatever its producer was told to send; empty when it is not. */
  static Optional<Outcome> checkCaller(Principal principal, Draft draft) {
    if (!principal.may(Scope.PUBLISH, new Channel(draft.orgId(), draft.agentId(), draft.sessionId()))) {
      return refusal(draft, ErrorCode.FORBIDDEN, "this caller may not publish there");
    }
    if (!principal.service() && !draft.userId().equals(principal.userId())) {
      return refusal(draft, ErrorCode.FORBIDDEN, "a user publishes in its own name only: leave userId out");
    }
    return Optional.empty();
  }

  /** Why an event is refused that comes from another log; empty when it is not. Without an id no repeat is known. */
  static Optional<Outcome> checkReplica(Draft draft) {
    return draft.idGiven()
        ? Optional.empty()
        : refusal(draft, ErrorCode.INVALID_EVENT, "id is missing: an event of another log keeps the one it has there");
  }

  private Optional<Outcome> checkContract(Draft draft) {
    if (contract.requireSequence() && draft.hasSession() && draft.sequence() == 0) {
      return refusal(draft, ErrorCode.INVALID_EVENT, "sequence is required for events of a session here");
    }
    if (contract.requireIdempotencyKey() && draft.idempotencyKey().isEmpty()) {
      return refusal(draft, ErrorCode.INVALID_EVENT, "idempotencyKey is required here");
    }
    return Optional.empty();
  }

  private static Optional<Outcome> refusal(Draft draft, ErrorCode code, String message) {
    return Optional.of(Outcome.refused(draft.id(), code, message));
  }
}
