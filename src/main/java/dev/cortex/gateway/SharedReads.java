package dev.cortex.gateway;

import dev.cortex.bus.Directory;
import dev.cortex.bus.Message.Keep;
import dev.cortex.bus.Message.Page;
import dev.cortex.bus.Message.Read;
import dev.cortex.event.Channel;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.Map;

/**
 * Pages on their way from the rooms to this gateway: whoever wants a page that is on its way already shares its read.
 */
final class SharedReads {

  private final RoomLink link;
  private final Directory directory;
  private final int pageEvents;
  private final int pageBytes;
  private final Map<Read, Future<Page>> running = new HashMap<>();

  /**
   * No page is on its way.
   *
   * @param pageEvents most events of a page that is read by {@link #follow}
   * @param pageBytes most bytes of such a page, about
   */
  SharedReads(RoomLink link, Directory directory, int pageEvents, int pageBytes) {
    this.link = link;
    this.directory = directory;
    this.pageEvents = pageEvents;
    this.pageBytes = pageBytes;
  }

  /** Reads the page after an offset for a reader that goes on from there, and holds the floor meanwhile. */
  Future<Page> follow(String reader, Channel channel, String logId, long after) {
    Read shared = new Read("", channel, logId, after, pageEvents, pageBytes);
    Future<Page> same = running.get(shared);
    if (same != null) {
      link.tell(directory.ownerOf(channel.orgId()), new Keep(reader, channel.orgId(), after));
      return same;
    }
    return begin(shared, new Read(reader, channel, logId, after, pageEvents, pageBytes));
  }

  /** Reads a page for a poll, which holds no floor. */
  Future<Page> poll(Read read) {
    Future<Page> same = running.get(read);
    return same != null ? same : begin(read, read);
  }

  private Future<Page> begin(Read shared, Read ask) {
    Promise<Page> started = Promise.promise();
    running.put(shared, started.future());
    link.ask(ask.channel().orgId(), ask, Page.class).onComplete(page -> {
      running.remove(shared);
      started.handle(page);
    });
    return started.future();
  }
}
