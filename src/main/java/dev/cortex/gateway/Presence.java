package dev.cortex.gateway;

import dev.cortex.bus.Message.Present;
import dev.cortex.event.Channel;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Who listens to a channel on this gateway; known from the open connections alone, so it dies with them. */
final class Presence {

  private Presence() {}

  /** Connections by user whose subscription covers the channel, or lies beneath it. */
  static Present of(Optional<Feed> feed, Channel channel) {
    Map<String, Integer> connections = new TreeMap<>();
    Set<Outlet> counted = new HashSet<>();
    for (Subscriber subscriber : feed.map(Feed::audience).map(Audience::all).orElseGet(List::of)) {
      Channel theirs = subscriber.filter().channel();
      boolean concerned = theirs.covers(channel.agentId(), channel.sessionId())
          || channel.covers(theirs.agentId(), theirs.sessionId());
      if (concerned && counted.add(subscriber.outlet())) {
        connections.merge(subscriber.outlet().userId(), 1, Integer::sum);
      }
    }
    return new Present(connections);
  }
}
