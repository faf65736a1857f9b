package dev.cortex.ops;

import java.util.function.LongSupplier;

/** Counts and times what happens on the event path; every method may be called from any thread and never blocks. */
public final class Metrics {

  /** One publish request was answered after that many nanoseconds at the door. */
  public void publishAnswered(long ns) {}

  /** One group commit of that many events took that long. */
  public void committed(int events, long ns) {}

  /** That many events were answered as duplicates. */
  public void duplicatesRejected(int count) {}

  /** That many events were refused with this error code. */
  public void refused(String code, int count) {}

  /** Events handed to the sockets of that many connections, in one pass that took that long. */
  public void fannedOut(long deliveries, long ns) {}

  /** The pruner removed that many events. */
  public void pruned(long events) {}

  /** Registers a value to be read at each scrape, under a canonical name such as {@code cortex_connections}. */
  public void gauge(String name, String help, LongSupplier value) {}

  /** The Prometheus text of everything counted so far. */
  public String scrape() {
    return "";
  }
}
