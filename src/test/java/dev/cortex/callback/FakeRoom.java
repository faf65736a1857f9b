package dev.cortex.callback;

import dev.cortex.bus.Addresses;
import dev.cortex.bus.Message;
import dev.cortex.bus.Message.Attach;
import dev.cortex.bus.Message.Attached;
import dev.cortex.bus.Message.Covered;
import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.Message.Detach;
import dev.cortex.bus.Message.Head;
import dev.cortex.bus.Message.Page;
import dev.cortex.bus.Message.Read;
import dev.cortex.bus.Requests;
import dev.cortex.event.ErrorCode;
import dev.cortex.event.Position;
import dev.cortex.event.Priority;
import dev.cortex.event.StoredEvent;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The rooms of a node, as far as pushes know them: one log that a test writes, told to whoever attached. */
final class FakeRoom {

  /** A log that rooms of several nodes may share, as they do in a cluster. */
  static final class Log {
    private final List<StoredEvent> events = new ArrayList<>();
    private String logId = "aaaaaaaaaaaaa";
    private long floor;

    /** Adds an event. */
    synchronized StoredEvent add(String agentId, String origin, int payloadBytes) {
      long offset = events.size() + 1;
      String json = "{\"id\":\"e" + offset + "\",\"offset\":" + offset + ",\"payload\":{\"x\":\""
          + "x".repeat(payloadBytes) + "\"}}";
      StoredEvent event = new StoredEvent(
          offset, agentId, agentId.isEmpty() ? "" : "s", agentId.isEmpty() ? 0 : offset, Priority.STANDARD,
          System.currentTimeMillis(), origin, json.getBytes(StandardCharsets.UTF_8));
      events.add(event);
      return event;
    }

    /** Begins another incarnation, without events. */
    synchronized void restore() {
      events.clear();
      logId = "bbbbbbbbbbbbb";
    }

    synchronized void trim(long through) {
      floor = through;
    }

    synchronized long head() {
      return events.size();
    }

    synchronized String logId() {
      return logId;
    }

    private synchronized Page read(Read read, Head head) {
      List<StoredEvent> page = new ArrayList<>();
      long bytes = 0;
      for (StoredEvent event : events.subList((int) Math.min(read.after(), events.size()), events.size())) {
        bytes += event.json().length;
        if (page.size() == read.eventsMax() || (bytes > read.bytesMax() && !page.isEmpty())) {
          break;
        }
        page.add(event);
      }
      return new Page(head, page, page.isEmpty() ? events.size() : page.get(page.size() - 1).offset());
    }
  }

  private final Vertx vertx;
  private final String node;
  private final Log log;
  private final Set<String> attached = ConcurrentHashMap.newKeySet();
  private final AtomicInteger reads = new AtomicInteger();
  private volatile long epoch;
  private volatile long sentBytes;
  private volatile long coveredBytes;
  private volatile boolean owner = true;

  /** The rooms of that node. */
  FakeRoom(Vertx vertx, String node, Log log, long epoch) {
    this.vertx = vertx;
    this.node = node;
    this.log = log;
    this.epoch = epoch;
    vertx.eventBus().<Message>consumer(Addresses.room(node), this::receive);
  }

  private void receive(io.vertx.core.eventbus.Message<Message> received) {
    Message body = received.body();
    if (body instanceof Covered covered) {
      coveredBytes = covered.sentBytes();
    } else if (body instanceof Detach detach) {
      attached.remove(detach.orgId());
    } else if (!owner) {
      Requests.refuse(received, ErrorCode.MOVED, ErrorCode.MOVED.sentence());
    } else if (body instanceof Attach attach) {
      // in this order, so that what is committed by who sees it attached is delivered behind the answer, and not in it
      received.reply(new Attached(Optional.of(head(attach.orgId()))));
      attached.add(attach.orgId());
    } else if (body instanceof Read read) {
      reads.incrementAndGet();
      if (read.after() < log.floor) {
        Requests.refuse(received, ErrorCode.CURSOR_PRUNED, "trimmed");
      } else {
        received.reply(log.read(read, head(read.channel().orgId())));
      }
    }
  }

  private Head head(String orgId) {
    return new Head(orgId, new Position(log.logId(), log.head()), log.floor, epoch);
  }

  /** Whether deliveries of an org are wanted. */
  boolean isAttached(String orgId) {
    return attached.contains(orgId);
  }

  /** Pages that were read. */
  int reads() {
    return reads.get();
  }

  /** Whether everything that was sent was reported as taken over. */
  boolean isCovered() {
    return coveredBytes == sentBytes;
  }

  /** The rooms are here from now on, or not. */
  void owns(boolean now, long newEpoch) {
    owner = now;
    epoch = newEpoch;
    attached.clear();
  }

  /** Commits events and delivers them. */
  void commit(String orgId, int count) {
    for (int i = 0; i < count; i++) {
      commit(orgId, "", "", 10);
    }
  }

  /** Commits one event and delivers it. */
  void commit(String orgId, String agentId, String origin, int payloadBytes) {
    deliver(orgId, log.add(agentId, origin, payloadBytes));
  }

  /** Delivers an event of the log. */
  void deliver(String orgId, StoredEvent event) {
    if (attached.contains(orgId)) {
      sentBytes += event.json().length;
      vertx.eventBus().send(
          Addresses.callback(node),
          new Delivery(
              node, orgId, log.logId(), epoch, event.offset() - 1, event.offset(), List.of(event), sentBytes));
    }
  }
}
