package dev.cortex.gateway;

import dev.cortex.bus.Directory;
import dev.cortex.bus.Message.Attach;
import dev.cortex.bus.Message.Attached;
import dev.cortex.bus.Message.Detach;
import io.vertx.core.Future;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Those who want every org there is; as long as there is one of them, the room of this node is asked to deliver here
 * whatever it commits.
 */
final class EveryOrg {

  private final RoomLink link;
  private final String address;
  private final Directory directory;
  private final Set<Consumer<Feed>> watchers = new LinkedHashSet<>();
  private Optional<Future<Void>> attached = Optional.empty();

  /** Nobody wants every org yet; {@code address} is where deliveries go. */
  EveryOrg(RoomLink link, String address, Directory directory) {
    this.link = link;
    this.address = address;
    this.directory = directory;
  }

  /**
   * Calls {@code newcomer} with the feed of every org that appears from now on. When the future completes, no event
   * committed later is missed.
   */
  Future<Void> watch(Consumer<Feed> newcomer) {
    watchers.add(newcomer);
    if (attached.isEmpty()) {
      attached = Optional.of(
          link.askNode(directory.self(), new Attach(address, "", 0), Attached.class).<Void>mapEmpty());
    }
    return attached.get().onFailure(failure -> attached = Optional.empty());
  }

  /** Ends {@link #watch}. */
  void unwatch(Consumer<Feed> newcomer) {
    if (watchers.remove(newcomer) && watchers.isEmpty()) {
      attached = Optional.empty();
      link.tell(directory.self(), new Detach(address, ""));
    }
  }

  /** Whether somebody wants every org. */
  boolean isWatched() {
    return !watchers.isEmpty();
  }

  /** Whether the room was asked for every org, and did not refuse. */
  boolean isAttached() {
    return attached.isPresent();
  }

  /** A feed appeared: those who want every org want this one too, whoever it was that asked for it. */
  void appeared(Feed feed) {
    List.copyOf(watchers).forEach(watcher -> watcher.accept(feed));
  }
}
