package dev.cortex.room;

import dev.cortex.base.Pure;
import dev.cortex.event.Outcome;

/** What is to become of an entry of an append. */
@Pure
sealed interface Verdict {

  /** Answered already, whatever becomes of the commit: refused, or a repeat of a committed event. */
  record Settled(Outcome outcome) implements Verdict {}

  /** So once everything of its org in this batch has committed, and nothing if it has not. */
  record Dependent(Outcome outcome) implements Verdict {}

  /** The new event at that index of the append. */
  record Numbered(int index) implements Verdict {}

  /** A repeat of the new event at that index. */
  record RepeatOf(String id, int index) implements Verdict {}
}
