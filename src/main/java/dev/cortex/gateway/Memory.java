package dev.cortex.gateway;

import dev.cortex.bus.Message.Located;
import dev.cortex.bus.Message.Page;
import dev.cortex.event.Channel;
import dev.cortex.event.Position;
import dev.cortex.event.StoredEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What a feed answers without a question to its room: what is in its tail, and that nothing follows what was heard. It
 * says nothing rather than what may be wrong.
 */
final class Memory {

  private final Feed feed;

  Memory(Feed feed) {
    this.feed = feed;
  }

  /**
   * What lies after a position, as far as this gateway knows without asking: nothing, or events that are all in the
   * tail. Empty when it does not know.
   */
  Optional<Located> locate(Channel channel, Position from) {
    long covered = feed.covered();
    boolean known = from.logId().equals(feed.logId())
        && feed.isComplete()
        && (from.offset() == covered
            || (channel.isRoot() && from.offset() < covered && feed.tail().covers(from.offset())));
    return known ? Optional.of(new Located(feed.head(), from.offset(), covered - from.offset())) : Optional.empty();
  }

  /**
   * Events after a position out of the tail; empty when they are not all there.
   *
   * @param visible which of them are told; the others are covered
   */
  Optional<Page> page(
      Channel channel, Position from, int eventsMax, int bytesMax, Predicate<StoredEvent> visible) {
    long covered = feed.covered();
    if (!from.logId().equals(feed.logId()) || from.offset() > covered || !feed.tail().covers(from.offset())) {
      return Optional.empty();
    }
    List<StoredEvent> events = new ArrayList<>();
    List<StoredEvent> slice = feed.tail().slice(from.offset(), covered, bytesMax);
    long through = from.offset();
    for (StoredEvent event : slice) {
      if (events.size() == eventsMax) {
        break;
      }
      if (channel.covers(event.agentId(), event.sessionId()) && visible.test(event)) {
        events.add(event);
      }
      through = event.offset();
    }
    return Optional.of(new Page(feed.head(), List.copyOf(events), through));
  }
}
