package dev.cortex.chaos.cluster;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.WebSocket;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Finds out when nodes serve: publishes to chosen orgs through each node, four times a second, and listens to them at
 * each node.
 */
final class Prober implements AutoCloseable {

  private static final long EVERY_MS = 250;
  private static final long ANSWER_MS_MAX = 10_000;
  private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(2);

  private final Doors doors;
  private final List<Probe> probes = new ArrayList<>();
  private volatile int round;
  private long events;
  private boolean closed;

  /** Listens to the orgs at every node. */
  Prober(Doors doors, Collection<String> orgs) {
    this.doors = doors;
    for (String org : orgs) {
      for (int node = 0; node < doors.count(); node++) {
        probes.add(new Probe(org, node));
      }
    }
    doors.vertx().runOnContext(begin -> probes.forEach(Probe::listen));
  }

  /** One org at one node. */
  private final class Probe {
    private final String org;
    private final int node;
    private final String token;
    private WebSocket socket;
    private volatile int publishedRound;
    private volatile long publishedNs;
    private volatile int receivedRound;
    private volatile long receivedNs;

    Probe(String org, int node) {
      this.org = org;
      this.node = node;
      this.token = Doors.token(org, "prober");
    }

    void listen() {
      if (closed) {
        return;
      }
      doors.open(node, "", token, false, 2_000).onComplete(opened -> {
        if (opened.failed()) {
          doors.vertx().setTimer(EVERY_MS, again -> listen());
          return;
        }
        socket = opened.result();
        socket.textMessageHandler(text -> {
          int of = new JsonObject(text).getJsonObject("payload").getInteger("round");
          if (of == round && receivedRound != of) {
            receivedNs = System.nanoTime();
            receivedRound = of;
          }
        });
        socket.exceptionHandler(broken -> { }); // its end follows
        socket.closeHandler(gone -> doors.vertx().setTimer(EVERY_MS, again -> listen()));
        if (closed) {
          socket.close();
        }
      });
    }

    void publish() {
      int of = round;
      JsonObject event =
          new JsonObject()
              .put("id", "probe-" + of + '-' + node + '-' + ++events)
              .put("type", "probe.sent")
              .put("payload", new JsonObject().put("round", of));
      doors.ask(node, HttpMethod.POST, "/api/events", token, event.toBuffer(), ANSWER_MS_MAX).onSuccess(answer -> {
        boolean stored =
            answer.status() == 200
                && answer.body().toJsonObject().getInteger("accepted", 0) == 1;
        if (stored && of == round && publishedRound != of) {
          publishedNs = System.nanoTime();
          publishedRound = of;
        }
      });
    }

    boolean serves() {
      return publishedRound == round && receivedRound == round;
    }

    long servedNs() {
      return Math.max(publishedNs, receivedNs);
    }

    @Override
    public String toString() {
      return org + " at node " + (node + 1)
          + (publishedRound == round ? "" : " takes nothing")
          + (receivedRound == round ? "" : " shows nothing");
    }
  }

  /**
   * Waits until each of the nodes takes and shows events of every org.
   *
   * @param sinceNs from when on
   * @return milliseconds since then, by node; without those that did not come to it in that time
   */
  Map<Integer, Long> served(List<Integer> nodes, long sinceNs, long atMostMs) {
    round++;
    List<Probe> asked = probes.stream().filter(probe -> nodes.contains(probe.node)).toList();
    long timer = doors.vertx().setPeriodic(1, EVERY_MS, tick -> asked.forEach(Probe::publish));
    long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(atMostMs);
    while (!asked.stream().allMatch(Probe::serves) && System.nanoTime() < deadlineNs) {
      LockSupport.parkNanos(LOOK_NS);
    }
    doors.vertx().cancelTimer(timer);
    Map<Integer, Long> served = new TreeMap<>();
    for (int node : nodes) {
      List<Probe> mine = asked.stream().filter(probe -> probe.node == node).toList();
      if (mine.stream().allMatch(Probe::serves)) {
        long atNs = mine.stream().mapToLong(Probe::servedNs).max().orElse(sinceNs);
        served.put(node, TimeUnit.NANOSECONDS.toMillis(atNs - sinceNs));
      } else {
        mine.stream().filter(probe -> !probe.serves()).forEach(probe -> System.err.println("chaos: " + probe));
      }
    }
    return served;
  }

  @Override
  public void close() {
    doors.vertx().runOnContext(end -> {
      closed = true;
      probes.forEach(probe -> {
        if (probe.socket != null) {
          probe.socket.close();
        }
      });
    });
  }
}
