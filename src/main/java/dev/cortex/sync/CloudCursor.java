package dev.cortex.sync;

import dev.cortex.base.Pure;
import dev.cortex.bus.Source.Cloud;
import dev.cortex.event.Position;
import java.util.Optional;

/**
 * How far the cloud's log is here in one org. {@code stored} is what the log of this desktop says; {@code covered}
 * may be ahead of it, by events that this desktop need not be told of, which is not worth a write each time. Without
 * a cursor, or with one that is served no longer, the cloud's log begins anew.
 */
@Pure
final class CloudCursor {

  private final String orgId;
  private Optional<Position> stored = Optional.empty();
  private Optional<Position> covered = Optional.empty();
  private Optional<Position> refused = Optional.empty();
  private boolean anew = true;

  /** No cursor yet. */
  CloudCursor(String orgId) {
    this.orgId = orgId;
  }

  /**
   * What a poll asked for.
   *
   * @param cursor the parameter of the request
   * @param covered where it begins; empty when everything retained was asked for
   * @param after what is stored, for the range of the answer
   */
  record Asked(String cursor, Optional<Position> covered, long after, boolean anew) {}

  /** The log of this desktop says where it stands. */
  void learn(Optional<Position> position) {
    boolean ahead = position.isPresent() && covered.isPresent() && isCovered(position.get());
    stored = position;
    if (position.isPresent() && !(anew && position.equals(refused))) {
      covered = ahead ? covered : position;
      anew = false;
    }
  }

  /** What is stored; empty before the first time. */
  Optional<Position> stored() {
    return stored;
  }

  /** The next question. */
  Asked ask() {
    return new Asked(
        covered.map(Position::cursor).orElse("0"), covered, anew ? 0 : stored.map(Position::offset).orElse(0L), anew);
  }

  /** Whether an answer that reaches there fits what was asked. */
  static boolean fits(Asked asked, Position reached, boolean events) {
    return asked.covered().isEmpty()
        || (asked.covered().get().logId().equals(reached.logId())
            && (events ? reached.offset() > asked.covered().get().offset()
                : reached.offset() >= asked.covered().get().offset()));
  }

  /** The range of an answer. */
  Cloud range(Asked asked, Position reached) {
    return new Cloud(orgId, reached.logId(), asked.after(), reached.offset(), asked.anew());
  }

  /** A range when its turn comes: the log that it was to begin may have been begun by a push, and then it goes on. */
  Cloud nowThat(Cloud range) {
    return range.anew() && !anew
        ? new Cloud(range.orgId(), range.logId(), range.after(), range.through(), false)
        : range;
  }

  /** Nothing happened up to there that has to be told here. */
  void cover(Position reached) {
    covered = Optional.of(reached);
  }

  /** The cursor is served no longer. */
  void begin() {
    refused = stored;
    anew = true;
    covered = Optional.empty();
  }

  /** Whether everything up to a position is stored. */
  boolean isStored(Position position) {
    return !anew && stored.isPresent() && stored.get().logId().equals(position.logId())
        && stored.get().offset() >= position.offset();
  }

  /** The range that is covered and not noted; empty when there is none. */
  Optional<Cloud> unnoted() {
    if (covered.isEmpty() || isStored(covered.get()) || (anew && covered.get().offset() == 0)) {
      return Optional.empty();
    }
    return Optional.of(range(ask(), covered.get()));
  }

  private boolean isCovered(Position position) {
    return covered.get().logId().equals(position.logId()) && covered.get().offset() >= position.offset();
  }
}
