package dev.cortex.sync;

import dev.cortex.bus.Message.OutboxPage;
import io.vertx.core.Future;
import java.util.Optional;

/** Reads the outbox of an org in its order, a page ahead of what is on its way. */
final class OutboxReader {

  /** Two pages are in memory at a time, and one of them once more as a request. */
  private static final int BYTES_MAX = (int) Math.min(8L << 20, Runtime.getRuntime().maxMemory() / 16);

  private record Ahead(long after, Future<OutboxPage> page) {}

  private final String orgId;
  private final LocalLog log;
  private Optional<Ahead> ahead = Optional.empty();

  /** A reader that has read nothing. */
  OutboxReader(String orgId, LocalLog log) {
    this.orgId = orgId;
    this.log = log;
  }

  /** The events behind a number, or those of them that were read ahead; the log's failure otherwise. */
  Future<OutboxPage> page(long after, int eventsMax) {
    Optional<Ahead> read = ahead;
    ahead = Optional.empty();
    return read.isPresent() && read.get().after() == after
        ? read.get().page()
        : log.read(orgId, after, eventsMax, BYTES_MAX);
  }

  /** Reads what will be asked for next. */
  void readAhead(long after, int eventsMax) {
    ahead = Optional.of(new Ahead(after, log.read(orgId, after, eventsMax, BYTES_MAX)));
  }

  /** What was read ahead counts no more. */
  void forget() {
    ahead = Optional.empty();
  }
}
