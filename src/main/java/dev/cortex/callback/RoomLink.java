package dev.cortex.callback;

import dev.cortex.bus.Message;
import dev.cortex.bus.Message.Attach;
import dev.cortex.bus.Message.Attached;
import dev.cortex.bus.Message.Covered;
import dev.cortex.bus.Message.Delivery;
import dev.cortex.bus.Message.Detach;
import dev.cortex.bus.Message.Head;
import dev.cortex.bus.Message.Page;
import dev.cortex.bus.Message.Read;
import dev.cortex.bus.RoomCalls;
import dev.cortex.event.Channel;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What the pushes of a node say to the rooms of that node and ask them. To the rooms this is a gateway like others: it
 * attaches to the orgs it wants, says what it took over, and reads what it missed.
 */
final class RoomLink {

  private static final int ATTACHING_MAX = 64;
  private static final long ROOM_MS = 10_000;
  private static final long REPORT_MS = 10;

  private final PushWorld world;
  private final RoomCalls calls;
  private final String node;
  private final String address;
  private final Consumer<Head> attached;
  private final Set<String> wanted = new HashSet<>();
  private final Set<String> toAttach = new LinkedHashSet<>();
  private int attaching;
  private long sentBytes;
  private boolean reporting;

  /**
   * Attached to nothing.
   *
   * @param node whose rooms
   * @param address where rooms deliver to
   * @param attached hears where the log of an org stands whose room delivers from now on
   */
  RoomLink(PushWorld world, RoomCalls calls, String node, String address, Consumer<Head> attached) {
    this.world = world;
    this.calls = calls;
    this.node = node;
    this.address = address;
    this.attached = attached;
  }

  /** Wants the deliveries of an org: asks until its room agrees or nobody wants them any more. */
  void attach(String orgId) {
    wanted.add(orgId);
    toAttach.add(orgId);
    attachNext();
  }

  private void attachNext() {
    while (attaching < ATTACHING_MAX && !toAttach.isEmpty()) {
      String next = toAttach.iterator().next();
      toAttach.remove(next);
      attaching++;
      ask(new Attach(address, next, 0), Attached.class).onComplete(answer -> {
        attaching--;
        answered(next, answer);
        attachNext();
      });
    }
  }

  private void answered(String orgId, AsyncResult<Attached> answer) {
    if (!wanted.contains(orgId)) {
      detach(node, orgId);
    } else if (answer.succeeded()) {
      attached.accept(answer.result().head().orElseThrow());
    } else {
      world.vertx().setTimer(Math.max(1, world.retryMs(1)), again -> {
        if (wanted.contains(orgId)) {
          attach(orgId);
        }
      });
    }
  }

  /** The room of an org is here no more, or not the one that knew of us. */
  void forget(String orgId) {
    wanted.remove(orgId);
    toAttach.remove(orgId);
  }

  /** Wants no deliveries of an org any more. */
  void leave(String orgId) {
    forget(orgId);
    detach(node, orgId);
  }

  /** Takes over a delivery: whether it is one that is wanted; the room hears of it either way. */
  boolean accepts(Delivery delivery) {
    if (!delivery.node().equals(node)) {
      detach(delivery.node(), delivery.orgId());
      return false;
    }
    sentBytes = delivery.sentBytes();
    // an empty delivery may be the room's question why nothing has come back for a while
    report(delivery.events().isEmpty());
    if (!wanted.contains(delivery.orgId())) {
      detach(node, delivery.orgId());
      return false;
    }
    return true;
  }

  /** Reads the next page of an org's log after an offset, about so many bytes. */
  Future<Page> read(String orgId, String logId, long after, int bytesMax) {
    return ask(new Read("", Channel.root(orgId), logId, after, PushBody.EVENTS_MAX, bytesMax), Page.class);
  }

  private <T extends Message> Future<T> ask(Message question, Class<T> answer) {
    return calls.askNode(node, question, answer, ROOM_MS);
  }

  private void detach(String from, String orgId) {
    calls.tell(from, new Detach(address, orgId));
  }

  private void report(boolean now) {
    if (now) {
      calls.tell(node, new Covered(address, sentBytes));
    } else if (!reporting) {
      reporting = true;
      world.vertx().setTimer(REPORT_MS, due -> {
        reporting = false;
        calls.tell(node, new Covered(address, sentBytes));
      });
    }
  }
}
