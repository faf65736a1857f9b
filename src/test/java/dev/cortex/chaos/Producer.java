package dev.cortex.chaos;

import dev.cortex.chaos.Journal.Answered;
import dev.cortex.chaos.Plan.Event;
import dev.cortex.testing.process.ServerProcess.Ready;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A publishing client that repeats whatever was not answered, with the same ids and keys, until it is. */
final class Producer extends Thread {

  private static final long RETRY_NS = TimeUnit.MILLISECONDS.toNanos(5);

  private final Plan plan;
  private final int eventsMax;
  private final Door door;
  private final Whereabouts whereabouts;
  private final Journal journal;
  private volatile boolean enough;

  Producer(String name, Plan plan, int eventsMax, Door door, Whereabouts whereabouts, Journal journal) {
    super(name);
    setDaemon(true);
    this.plan = plan;
    this.eventsMax = eventsMax;
    this.door = door;
    this.whereabouts = whereabouts;
    this.journal = journal;
  }

  /** No new events from now on; what is on its way is brought to its end. */
  void finish() {
    enough = true;
  }

  @Override
  public void run() {
    try {
      while (!enough) {
        publish(plan.next(eventsMax));
      }
    } catch (InterruptedException e) {
      journal.complain(getName() + " was interrupted");
    } catch (RuntimeException e) {
      journal.complain(getName() + " failed: " + e);
    }
  }

  /** Publishes until each of them has a definite answer. */
  private void publish(List<Event> events) throws InterruptedException {
    events.stream().filter(event -> !event.repeat()).forEach(event -> journal.published(event.published()));
    List<Event> open = events;
    while (!open.isEmpty()) {
      Optional<Ready> server = whereabouts.await();
      if (server.isEmpty()) {
        return;
      }
      List<Optional<JsonObject>> results = door.publish(server.get(), open);
      List<Event> still = new ArrayList<>();
      for (int i = 0; i < open.size(); i++) {
        if (!settled(open.get(i), results.get(i))) {
          still.add(open.get(i));
        }
      }
      if (!still.isEmpty()) {
        LockSupport.parkNanos(RETRY_NS);
      }
      open = still;
    }
  }

  private boolean settled(Event event, Optional<JsonObject> result) {
    String status = result.map(answer -> answer.getString("status")).orElse("unknown");
    switch (status) {
      case "accepted", "duplicate" -> {
        JsonObject answer = result.orElseThrow();
        String id = event.published().id();
        journal.answered(new Answered(id, status, answer.getLong("offset"), answer.getLong("sequence", 0L)));
        if (event.repeat() && status.equals("accepted")) {
          journal.complain(getName() + ": a repeat was accepted: " + answer);
        }
        return true;
      }
      case "unknown" -> {
        journal.unknown();
        return false;
      }
      default -> {
        journal.complain(getName() + ": " + event.published() + " was answered " + result);
        return true;
      }
    }
  }
}
