package dev.cortex.sync;

import dev.cortex.base.Pure;
import dev.cortex.bus.Message.SyncState;
import java.util.Optional;

/** How the outbox of an org stands, as far as its log told. */
@Pure
final class OutboxStanding {

  private Optional<SyncState> known = Optional.empty();
  private long head;
  private long oldestAtMs;

  /**
   * The log told how it stands.
   *
   * @return whether it was another desktop's before, as after a restore
   */
  boolean learn(SyncState now) {
    boolean another = known.isPresent() && !known.get().desktop().equals(now.desktop());
    known = Optional.of(now);
    head = Math.max(head, now.outboxHead());
    return another;
  }

  /** The log told how it stands, and nothing else is believed any more: numbers may be lower than they were. */
  void learnAnew(SyncState now) {
    known = Optional.of(now);
    head = now.outboxHead();
  }

  /** The outbox has that number by now, or more. */
  void grew(long number) {
    head = Math.max(head, number);
  }

  /** The oldest event that waits was received then, Unix ms. */
  void oldest(long receivedAtMs) {
    oldestAtMs = receivedAtMs;
  }

  /** What the log told; empty before it was asked. */
  Optional<SyncState> known() {
    return known;
  }

  /** The highest number of the outbox. */
  long head() {
    return head;
  }

  /** Events that the cloud did not answer for yet. */
  long depth() {
    return known.map(now -> Math.max(0, head - now.outboxConfirmed())).orElse(0L);
  }

  /** Events that the cloud refused for good. */
  long setAside() {
    return known.map(SyncState::setAside).orElse(0L);
  }

  /**
   * How long the oldest of them waits, as far as it was read, ms.
   *
   * @param wallMs now, Unix ms
   */
  long oldestMs(long wallMs) {
    return depth() == 0 || oldestAtMs == 0 ? 0 : Math.max(0, wallMs - oldestAtMs);
  }
}
