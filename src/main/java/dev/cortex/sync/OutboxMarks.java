package dev.cortex.sync;

import dev.cortex.base.Pure;
import dev.cortex.bus.Message.Outgoing;
import dev.cortex.bus.Message.OutboxMark;
import dev.cortex.bus.Message.SyncState;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Hash128;
import dev.cortex.event.JsonSlice;
import dev.cortex.event.KeyHash;
import dev.cortex.event.RefusedException;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/** Whether the outbox that the cloud remembers is this one. */
@Pure
final class OutboxMarks {

  private static final Set<String> NAMES = Set.of("number", "hash", "refused");

  /** The cloud forgets the refusals of a batch with the next one. */
  private static final int REFUSED_MAX = 10_000;

  private OutboxMarks() {}

  /**
   * Reads the cloud's answer about a mark.
   *
   * @throws RefusedException when it is none
   */
  static OutboxMark read(byte[] body) {
    Fields fields = Fields.read(body, NAMES);
    OptionalLong number = fields.get("number").integer();
    String digits = fields.text("hash");
    JsonSlice refused = fields.get("refused");
    // without them everything up to the mark would pass for delivered
    if (number.isEmpty() || !digits.matches("[0-9a-f]{32}") || !refused.isArray()) {
      throw unread();
    }
    return new OutboxMark(
        number.getAsLong(),
        new Hash128(
            Long.parseUnsignedLong(digits.substring(0, 16), 16), Long.parseUnsignedLong(digits.substring(16), 16)),
        Fields.elements(refused, REFUSED_MAX).stream()
            .map(one -> one.integer().orElseThrow(OutboxMarks::unread))
            .toList());
  }

  private static RefusedException unread() {
    return new RefusedException(ErrorCode.BAD_REQUEST, "the mark of the outbox has no number, hash or refusals");
  }

  /**
   * After which number the outbox is to be sent; empty when the cloud remembers another outbox than this one, and a new
   * incarnation has to begin.
   *
   * @param rows what the outbox holds from the mark's number on: at least the row with that number and the next, where
   *     they exist
   */
  static OptionalLong sendAfter(SyncState state, OutboxMark mark, List<Outgoing> rows) {
    if (mark.number() > state.outboxHead()) {
      return OptionalLong.empty();
    }
    boolean known = rows.stream().anyMatch(row -> row.number() == mark.number());
    if (isAnother(mark, rows) || (!known && mark.number() > state.outboxConfirmed())) {
      return OptionalLong.empty();
    }
    if (mark.number() >= state.outboxConfirmed()) {
      // of what it took it need not say it again; why it refused what it refused, it has to
      long refused = mark.refused().stream()
          .mapToLong(Long::longValue)
          .filter(number -> number > state.outboxConfirmed())
          .min()
          .orElse(Long.MAX_VALUE);
      return OptionalLong.of(Math.min(mark.number(), refused - 1));
    }
    // the cloud lost what it had confirmed: it can be sent again as long as it is here
    boolean next = rows.stream().anyMatch(row -> row.number() == mark.number() + 1);
    return next ? OptionalLong.of(mark.number()) : OptionalLong.empty();
  }

  /**
   * Whether a mark that is not this outbox's says that this desktop lost events; else it is the cloud that lost some,
   * which are here no longer.
   */
  static boolean showsRestore(SyncState state, OutboxMark mark, List<Outgoing> rows) {
    return mark.number() > state.outboxConfirmed() || isAnother(mark, rows);
  }

  private static boolean isAnother(OutboxMark mark, List<Outgoing> rows) {
    return rows.stream()
        .anyMatch(row -> row.number() == mark.number() && !KeyHash.hashed(row.id()).equals(mark.hash()));
  }
}
