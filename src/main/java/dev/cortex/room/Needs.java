package dev.cortex.room;

import dev.cortex.base.Pure;
import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Source;
import dev.cortex.event.Draft;
import dev.cortex.log.KeyRef;
import dev.cortex.log.OutboxRef;
import dev.cortex.log.SessionRef;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What has to be known before appends can be numbered.
 *
 * @param orgs whose they are
 * @param keys by which a draft may be a repeat: ids that producers sent and idempotency keys
 * @param sessions what the entries belong to
 * @param outboxes the outboxes of desktops that bring something
 * @param fromCloud the orgs of which the cloud brings something
 * @param begunAnew those of them whose log in the cloud begins anew
 */
@Pure
record Needs(
    Set<String> orgs,
    List<KeyRef> keys,
    Set<SessionRef> sessions,
    Set<OutboxRef> outboxes,
    Set<String> fromCloud,
    Set<String> begunAnew) {

  /** What these appends need. */
  static Needs of(Collection<Append> appends) {
    Needs needs = new Needs(
        new HashSet<>(), new ArrayList<>(), new HashSet<>(), new HashSet<>(), new HashSet<>(), new HashSet<>());
    appends.forEach(needs::add);
    return needs;
  }

  private void add(Append append) {
    String orgId = append.orgId();
    orgs.add(orgId);
    for (Draft draft : append.drafts()) {
      if (draft.idGiven() || !(append.source() instanceof Source.Producers)) {
        keys.add(Numbering.idKey(draft));
      }
      if (!draft.idempotencyKey().isEmpty()) {
        keys.add(Numbering.idempotencyKey(draft));
      }
      if (draft.hasSession()) {
        sessions.add(Numbering.session(draft));
      }
    }
    if (append.source() instanceof Source.Outbox outbox) {
      outboxes.add(new OutboxRef(orgId, outbox.desktop()));
      outbox.refused().stream().filter(refused -> !refused.sessionId().isEmpty()).forEach(refused ->
          sessions.add(new SessionRef(orgId, refused.agentId(), refused.sessionId())));
    } else if (append.source() instanceof Source.Cloud range) {
      fromCloud.add(orgId);
      if (range.anew()) {
        begunAnew.add(orgId);
      }
    } else if (append.source() instanceof Source.Single) {
      fromCloud.add(orgId);
    }
  }

  /** Whether anything of it comes from another log. */
  boolean marks() {
    return !outboxes.isEmpty() || !fromCloud.isEmpty();
  }
}
