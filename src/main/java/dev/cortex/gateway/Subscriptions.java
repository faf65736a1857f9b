package dev.cortex.gateway;

import dev.cortex.event.Channel;
import dev.cortex.event.Position;
import dev.cortex.gateway.Filter.Exclusion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What one connection is subscribed to. Overlapping channels share the work: no event is delivered by two of them. */
final class Subscriptions {

  private final Outlet outlet;
  private final TransportLimits limits;
  private final String reader;
  private final int channelsMax;
  private final Map<Channel, Subscriber> byChannel = new LinkedHashMap<>();
  private long added;
  private boolean closed;

  /**
   * Subscriptions of a connection.
   *
   * @param reader the connection's name towards rooms
   * @param channelsMax how many there may be, 0 for no bound
   */
  Subscriptions(Outlet outlet, TransportLimits limits, String reader, int channelsMax) {
    this.outlet = outlet;
    this.limits = limits;
    this.reader = reader;
    this.channelsMax = channelsMax;
  }

  /** Whether one more channel is allowed. */
  boolean mayAdd(Channel channel) {
    return channelsMax == 0 || byChannel.size() < channelsMax || byChannel.containsKey(channel);
  }

  /** Whether all of these channels are allowed on top of what there is. */
  boolean mayAdd(List<Channel> channels) {
    long more = channels.stream().distinct().filter(channel -> !byChannel.containsKey(channel)).count();
    return channelsMax == 0 || byChannel.size() + more <= channelsMax;
  }

  /** Whether the connection is subscribed to exactly this channel. */
  boolean has(Channel channel) {
    return byChannel.containsKey(channel);
  }

  /** Adds a subscription, in place of one to the same channel; the caller starts it. */
  Subscriber add(Feed feed, Channel channel) {
    Runnable letGo = feed.hold(); // the one in whose place it comes may be the feed's last
    remove(channel);
    List<Exclusion> exclusions = new ArrayList<>();
    for (Subscriber other : byChannel.values()) {
      Channel theirs = other.filter().channel();
      boolean overlap = theirs.covers(channel.agentId(), channel.sessionId())
          || channel.covers(theirs.agentId(), theirs.sessionId());
      if (theirs.orgId().equals(channel.orgId()) && overlap) {
        exclusions.add(new Exclusion(theirs, other.startedAfter(), Long.MAX_VALUE));
      }
    }
    Subscriber subscriber =
        feed.subscribe(new Filter(channel, List.copyOf(exclusions)), outlet, limits, reader + '.' + added++);
    if (closed) {
      subscriber.close();
    } else {
      byChannel.put(channel, subscriber);
    }
    letGo.run();
    return subscriber;
  }

  /** Ends the subscription to a channel; false when there is none. */
  boolean remove(Channel channel) {
    Subscriber removed = byChannel.remove(channel);
    if (removed == null) {
      return false;
    }
    long through = removed.state() == Subscriber.State.NEW ? Long.MAX_VALUE : removed.position();
    removed.close();
    for (Subscriber other : byChannel.values()) {
      if (other.feed() == removed.feed()) {
        other.otherEnded(channel, through);
      }
    }
    return true;
  }

  /** Lets every subscription that is behind read on. */
  void pump() {
    for (Subscriber subscriber : List.copyOf(byChannel.values())) {
      subscriber.pump();
    }
  }

  /** Of each org the position up to which everything subscribed to was delivered. */
  Map<String, Position> covered() {
    Map<String, Position> covered = new TreeMap<>();
    for (Subscriber subscriber : byChannel.values()) {
      Position position = new Position(subscriber.feed().logId(), subscriber.position());
      covered.merge(subscriber.feed().orgId(), position, (a, b) -> a.offset() <= b.offset() ? a : b);
    }
    return covered;
  }

  /** Ends all of them, and whatever is added later. */
  void close() {
    closed = true;
    byChannel.values().forEach(Subscriber::close);
    byChannel.clear();
  }
}
