package dev.cortex.callback;

import dev.cortex.base.Pure;
import dev.cortex.event.Channel;
import dev.cortex.event.ChannelPattern;
import dev.cortex.event.Desktop;
import dev.cortex.event.StoredEvent;
import java.util.List;

/**
 * Where a desktop is pushed to, in one org.
 *
 * @param id the same in every org of one registration
 * @param subject who registered it
 * @param desktop whose it is
 * @param shard the org's
 * @param url checked when it was registered, and to be checked again
 * @param secret signs pushes; empty when the callback was removed
 * @param formerSecret signs beside it until {@code formerUntilMs}; empty when there is none
 * @param channels what the desktop may read; empty for everything
 * @param leaseUntilMs when it ends, Unix milliseconds; 0 when it was removed
 * @param changedAtMs when this was written, Unix milliseconds by the clock of whoever wrote it
 */
@Pure
record Callback(
    String orgId,
    String id,
    String subject,
    Desktop desktop,
    int shard,
    String url,
    String secret,
    String formerSecret,
    long formerUntilMs,
    List<ChannelPattern> channels,
    long leaseUntilMs,
    long changedAtMs) {

  /** What makes a callback the same one: its org, its desktop's installation and who registered it. */
  record Key(String orgId, String install, String subject) {}

  /** What makes it the same one. */
  Key key() {
    return new Key(orgId, desktop.install(), subject);
  }

  /** Whether it is to be pushed to at that time. */
  boolean isLive(long nowMs) {
    return leaseUntilMs > nowMs;
  }

  /** Whether an event of its org is told to this desktop: what it wrote itself, or may not read, is not. */
  boolean isFor(StoredEvent event) {
    if (!event.origin().isEmpty() && event.origin().equals(desktop.text())) {
      return false;
    }
    if (channels.isEmpty()) {
      return true;
    }
    Channel channel = new Channel(orgId, event.agentId(), event.sessionId());
    return channels.stream().anyMatch(one -> one.covers(channel));
  }

  /** The secrets that sign a push at that time. */
  List<String> secrets(long nowMs) {
    return formerSecret.isEmpty() || formerUntilMs <= nowMs ? List.of(secret) : List.of(secret, formerSecret);
  }
}
