package dev.cortex.gateway;

import dev.cortex.event.Channel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Subscribes a connection to the root of every org that appears, be it while its socket is still opening. */
final class OrgWatch implements Consumer<Feed> {

  private final Map<Feed, Long> early = new LinkedHashMap<>();
  private final List<Runnable> holds = new ArrayList<>();
  private Optional<Subscriptions> subscriptions = Optional.empty();

  /** Whether the socket is open. */
  boolean isOpen() {
    return subscriptions.isPresent();
  }

  @Override
  public void accept(Feed feed) {
    if (subscriptions.isEmpty()) {
      holds.add(feed.hold());
      early.put(feed, feed.flushed());
    } else if (!subscriptions.get().has(Channel.root(feed.orgId()))) {
      subscriptions.get().add(feed, Channel.root(feed.orgId())).startLive();
    }
  }

  /** The socket is open: what appeared meanwhile starts where it stood then. */
  void open(Subscriptions opened) {
    subscriptions = Optional.of(opened);
    early.forEach((feed, after) -> {
      if (!opened.has(Channel.root(feed.orgId()))) {
        opened.add(feed, Channel.root(feed.orgId())).startAfter(after);
      }
    });
    letGo();
  }

  /** Ends what keeps feeds while the socket opens. */
  void letGo() {
    holds.forEach(Runnable::run);
    holds.clear();
    early.clear();
  }
}
