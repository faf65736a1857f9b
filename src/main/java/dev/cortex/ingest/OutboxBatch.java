package dev.cortex.ingest;

import dev.cortex.base.Pure;
import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Source;
import dev.cortex.event.Draft;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Outcome;
import dev.cortex.event.Parsed;
import dev.cortex.event.Principal;
import dev.cortex.event.RefusedException;
import dev.cortex.event.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A part of a desktop's outbox as it is put before its room. Every event keeps the number its place in the request
 * gives it, also one that is refused here: the room remembers that refusal, so that the numbers have no gap.
 *
 * @param drafts the good ones
 * @param refused the others
 */
@Pure
record OutboxBatch(Source.Outbox source, String orgId, List<Draft> drafts, List<Source.Refused> refused) {

  /** Who an event's user is on a desktop whose user nobody knows. */
  private static final String NOBODY = Principal.LOCAL.userId();

  /**
   * Judges each event by itself.
   *
   * @param parsed at least one
   * @throws RefusedException when nothing of it can be put before a room: {@link ErrorCode#BAD_REQUEST} unless all are
   *     of one org, {@link ErrorCode#FORBIDDEN} when that is none of the caller's
   */
  static OutboxBatch of(Source.Outbox source, List<Parsed> parsed, Principal principal, long nowMs) {
    String orgId = org(parsed, principal.orgs());
    if (!principal.isOf(orgId) || !principal.scopes().contains(Scope.PUBLISH)) {
      throw new RefusedException(ErrorCode.FORBIDDEN, "this caller may not publish there");
    }
    List<Draft> drafts = new ArrayList<>(parsed.size());
    List<Source.Refused> refused = new ArrayList<>();
    for (int i = 0; i < parsed.size(); i++) {
      long number = source.first() + i;
      if (parsed.get(i) instanceof Parsed.Invalid invalid) {
        Parsed.Place place = invalid.place();
        Outcome outcome = Outcome.refused(invalid.id(), invalid.code(), invalid.message());
        refused.add(
            new Source.Refused(number, place.agentId(), place.sessionId(), place.sequence(), outcome));
        continue;
      }
      Draft draft = completed(((Parsed.Valid) parsed.get(i)).draft(), source, orgId, principal, nowMs);
      Optional<Outcome> refusal =
          PublishRules.checkReplica(draft).or(() -> PublishRules.checkCaller(principal, draft));
      if (refusal.isPresent()) {
        refused.add(
            new Source.Refused(number, draft.agentId(), draft.sessionId(), draft.sequence(), refusal.get()));
      } else {
        drafts.add(draft);
      }
    }
    return new OutboxBatch(source, orgId, List.copyOf(drafts), List.copyOf(refused));
  }

  /** The question to the room. */
  Append append() {
    return new Append(
        orgId, drafts, new Source.Outbox(source.desktop(), source.subject(), source.first(), refused));
  }

  /** How many numbers there are. */
  int events() {
    return drafts.size() + refused.size();
  }

  /** One fate for all, whose ids are told in the order of their numbers. */
  List<Outcome> all(ErrorCode code, String message) {
    List<Outcome> outcomes = new ArrayList<>(events());
    int good = 0;
    int bad = 0;
    for (int i = 0; i < events(); i++) {
      boolean isBad = bad < refused.size() && refused.get(bad).number() == source.first() + i;
      String id = isBad ? refused.get(bad++).outcome().id() : drafts.get(good++).id();
      outcomes.add(Outcome.refused(id, code, message));
    }
    return outcomes;
  }

  private static Draft completed(
      Draft sent, Source.Outbox source, String orgId, Principal principal, long nowMs) {
    Draft draft = sent.completed("", orgId, principal.userId(), nowMs, "").from(source.desktop().text());
    return !principal.service() && draft.userId().equals(NOBODY) ? draft.by(principal.userId()) : draft;
  }

  private static String org(List<Parsed> parsed, Set<String> callers) {
    String only = callers.size() == 1 ? callers.iterator().next() : "";
    Set<String> named = new TreeSet<>();
    for (Parsed one : parsed) {
      String said = one instanceof Parsed.Valid valid ? valid.draft().orgId() : ((Parsed.Invalid) one).place().orgId();
      // of one that cannot be read nobody knows: it is of the org of its neighbours
      if (!said.isEmpty() || one instanceof Parsed.Valid) {
        named.add(said.isEmpty() ? only : said);
      }
    }
    String orgId = named.isEmpty() ? only : named.iterator().next();
    if (named.size() > 1 || orgId.isEmpty()) {
      throw new RefusedException(ErrorCode.BAD_REQUEST, "one request holds events of one org's outbox, and names it");
    }
    return orgId;
  }
}
