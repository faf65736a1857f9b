package dev.cortex.chaos.cluster;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a counter of every node each second, so that it is known when a node's process ends. */
final class Scraper implements AutoCloseable {

  private static final long EVERY_MS = 1_000;
  private static final Pattern COUNTER = Pattern.compile("(?m)^cortex_deposed_appends_total (\\d+)");

  private final Site site;
  private final Inside inside = new Inside();
  private final Map<Long, Long> byProcess = new ConcurrentHashMap<>();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          run -> {
            Thread thread = new Thread(run, "scraper");
            thread.setDaemon(true);
            return thread;
          });

  Scraper(Site site) {
    this.site = site;
    timer.scheduleWithFixedDelay(this::scrape, EVERY_MS, EVERY_MS, TimeUnit.MILLISECONDS);
  }

  /** Appends refused because another node owned the shard, over all processes there have been. */
  long deposedAppends() {
    return byProcess.values().stream().mapToLong(Long::longValue).sum();
  }

  private void scrape() {
    try {
      for (int node = 0; node < Site.NODES; node++) {
        long pid = site.process(node).handle().pid();
        Matcher found = COUNTER.matcher(inside.text(site.internal(node), "/metrics").orElse(""));
        if (found.find()) {
          byProcess.put(pid, Long.parseLong(found.group(1)));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
