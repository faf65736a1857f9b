package dev.cortex.room;

import dev.cortex.base.Pure;
import dev.cortex.bus.Message.Append;
import dev.cortex.bus.Source.Outbox;
import dev.cortex.bus.Source.Refused;
import dev.cortex.event.Draft;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One of the things an append asks about, and is answered for. */
@Pure
sealed interface Entry {

  /** The event's id, empty when it had none that could be read. */
  String id();

  /** An event to be taken. */
  record Event(Draft draft) implements Entry {
    @Override
    public String id() {
      return draft.id();
    }
  }

  /** A number of an outbox that was refused before it came here. */
  record AtDoor(Refused refused) implements Entry {
    @Override
    public String id() {
      return refused.outcome().id();
    }
  }

  /** Everything an append asks about, in the order of the answer. */
  static List<Entry> of(Append append) {
    List<Entry> entries = new ArrayList<>(count(append));
    if (append.source() instanceof Outbox outbox && !outbox.refused().isEmpty()) {
      Map<Long, Refused> refused = new HashMap<>();
      outbox.refused().forEach(one -> refused.put(one.number(), one));
      int next = 0;
      for (long number = outbox.first(); number < outbox.first() + count(append); number++) {
        Refused atDoor = refused.get(number);
        entries.add(atDoor != null ? new AtDoor(atDoor) : new Event(append.drafts().get(next++)));
      }
    } else {
      append.drafts().forEach(draft -> entries.add(new Event(draft)));
    }
    return entries;
  }

  /** How many entries an append has. */
  static int count(Append append) {
    return append.drafts().size() + (append.source() instanceof Outbox outbox ? outbox.refused().size() : 0);
  }
}
