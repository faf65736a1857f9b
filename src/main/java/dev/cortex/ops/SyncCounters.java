package dev.cortex.ops;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts what a desktop asks of its cloud and is told by it; every method may be called from any thread. */
public final class SyncCounters {

  /** What a push of the cloud came to at a desktop. */
  public enum Push {
    /** It was stored, and the cursor moved. */
    APPLIED,
    /** All of it was here already. */
    DUPLICATE,
    /** Something before it is missing here. */
    BEHIND,
    /** A challenge was echoed. */
    CHALLENGE,
    /** It was refused. */
    REFUSED;

    private final String label = name().toLowerCase(Locale.ROOT);

    /** The word on the wire. */
    public String label() {
      return label;
    }
  }

  /** The way on which events of the cloud come. */
  public enum Way {
    /** The cloud pushed them. */
    PUSH,
    /** This desktop asked for them, held or not. */
    POLL;

    private final String label = name().toLowerCase(Locale.ROOT);
  }

  private final LongAdder polls = new LongAdder();
  private final LongAdder duplicates = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private final Map<String, LongAdder> pushes = new TreeMap<>();
  private final Map<String, LongAdder> events = new TreeMap<>();

  SyncCounters() {
    for (Push push : Push.values()) {
      pushes.put(push.label, new LongAdder());
    }
    for (Way way : Way.values()) {
      events.put(way.label, new LongAdder());
    }
  }

  /** The cloud was asked for events. */
  public void polled() {
    polls.increment();
  }

  /** A push of the cloud came to that. */
  public void pushed(Push push) {
    pushes.get(push.label).increment();
  }

  /** That many events of the cloud came that way and were stored. */
  public void stored(Way way, long count) {
    events.get(way.label).add(count);
  }

  /** That many events of the cloud were here already. */
  public void duplicates(long count) {
    duplicates.add(count);
  }

  /** A request to the cloud failed or was refused, or its answer could not be stored. */
  public void failed() {
    failures.increment();
  }

  void write(PrometheusText text) {
    text.counter("cortex_sync_polls", "Times this desktop asked the cloud for events.", polls.sum());
    text.counters("cortex_sync_pushes", "Pushes of the cloud, by what they came to.", "result", pushes);
    text.counters("cortex_sync_events", "Events of the cloud that were stored, by the way they came.", "way", events);
    text.counter("cortex_sync_duplicates", "Events of the cloud that were here already.", duplicates.sum());
    text.counter("cortex_sync_failures", "Requests to the cloud that failed or were refused.", failures.sum());
  }
}
