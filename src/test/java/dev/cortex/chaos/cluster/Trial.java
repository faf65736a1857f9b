package dev.cortex.chaos.cluster;

import dev.cortex.bus.ShardMap;
import dev.cortex.testing.process.Await;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A cluster under load, what is done to it, and how long it took to serve again. */
final class Trial implements AutoCloseable {

  private static final ShardMap SHARDS = new ShardMap(256, false);
  private static final Duration SETTLE_MAX = Duration.ofSeconds(180);
  private static final long SERVE_MS_MAX = 120_000;
  private static final int FREEZE_MS = 12_000;
  private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Random random;
  private final Site site;
  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setWorkerPoolSize(2));
  private final Doors doors;
  private final Crowd crowd;
  private final Scraper scraper;
  private final Report report = new Report();
  private int probeOrgs;

  /** Starts a cluster and its clients. */
  Trial(ChaosRequest request, Path folder, boolean cuts) throws Exception {
    random = new Random(request.seed());
    Files.createDirectories(folder.resolve("clients"));
    site = new Site(folder, cuts);
    doors = new Doors(vertx, site.doors());
    crowd = new Crowd(request, doors, folder.resolve("clients"), random);
    try {
      say("starting three nodes");
      site.start();
      until("the nodes share the shards", site::settled);
    } catch (Exception | AssertionError e) {
      close();
      throw e;
    }
    scraper = new Scraper(site);
    crowd.start();
    until("events flow", () -> crowd.tops().settled.sum() > request.rate());
  }

  Report report() {
    return report;
  }

  /** Does that to the cluster, sees it serve again, mends what was broken and waits until all is well. */
  void inflict(Fault fault) throws Exception {
    int victim = fault.hitsNode() ? random.nextInt(Site.NODES) : -1;
    int laterMs = fault == Fault.FREEZE ? FREEZE_MS : random.nextInt(fault == Fault.KILL ? 3_000 : 5_000);
    List<Integer> all = List.of(0, 1, 2);
    List<Integer> well = all.stream().filter(node -> node != victim).toList();
    try (Prober prober = new Prober(doors, orgs(victim))) {
      require(prober.served(all, System.nanoTime(), SERVE_MS_MAX), all, "nothing was wrong");
      long fromNs = System.nanoTime();
      begin(fault, victim);
      Map<Integer, Long> served = prober.served(well, fromNs, SERVE_MS_MAX);
      Map<Integer, Long> back = new TreeMap<>();
      if (fault.hitsNode()) {
        int least = fault == Fault.KILL ? 2_000 : fault == Fault.CUT ? 10_000 : 0;
        pauseUntil(fromNs + TimeUnit.MILLISECONDS.toNanos(least + laterMs));
        long mendedNs = System.nanoTime();
        mend(fault, victim);
        back = prober.served(List.of(victim), mendedNs, SERVE_MS_MAX);
        require(back, List.of(victim), fault.word() + " was over");
      }
      report.add(fault, victim, served, back, well);
      require(served, well, fault.word());
    }
    settle(fault.word());
  }

  private void begin(Fault fault, int victim) throws Exception {
    switch (fault) {
      case KILL -> site.process(victim).kill();
      case FREEZE -> site.process(victim).freeze();
      case CUT -> Cut.off(victim);
      case STORE -> restartStore(false);
      case STORE_CRASH -> restartStore(true);
    }
  }

  private void restartStore(boolean crash) throws InterruptedException {
    long fromNs = System.nanoTime();
    if (crash) {
      site.killPostgres();
    } else {
      site.postgres().stop();
    }
    long endedNs = System.nanoTime();
    site.postgres().start();
    say("the database took " + TimeUnit.NANOSECONDS.toMillis(endedNs - fromNs) + " ms to end and "
        + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - endedNs) + " ms to start");
  }

  private void mend(Fault fault, int victim) throws Exception {
    switch (fault) {
      case KILL -> {
        site.bury(victim);
        site.launch(victim);
        site.awaitReady(victim);
      }
      case FREEZE -> site.process(victim).thaw();
      case CUT -> Cut.heal(victim);
      default -> throw new IllegalStateException(fault + " hits no node");
    }
  }

  /** Restarts every node by SIGTERM, one after the other. */
  void roll() throws Exception {
    for (int node = 0; node < Site.NODES; node++) {
      long fromNs = System.nanoTime();
      site.process(node).terminate();
      if (!site.endsWithin(node, Duration.ofSeconds(60))) {
        throw new IllegalStateException("node " + (node + 1) + " does not end");
      }
      long endedMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - fromNs);
      int code = site.process(node).exitCode(Duration.ofSeconds(1));
      site.bury(node);
      site.launch(node);
      site.awaitReady(node);
      say("node " + (node + 1) + " ended with " + code + " after " + endedMs + " ms and is back");
      settle("restart of node " + (node + 1));
    }
  }

  /** Ends the load and judges. */
  Judge.Verdict finish() throws Exception {
    Judge.Verdict verdict = crowd.finish();
    report.load(crowd.tops(), scraper.deposedAppends());
    return verdict;
  }

  private static void require(Map<Integer, Long> served, List<Integer> nodes, String what) {
    List<Integer> missing = nodes.stream().filter(node -> !served.containsKey(node)).map(node -> node + 1).toList();
    if (!missing.isEmpty()) {
      throw new IllegalStateException(what + ", and nodes " + missing + " did not serve in " + SERVE_MS_MAX + " ms");
    }
  }

  private void settle(String after) throws Exception {
    long fromNs = System.nanoTime();
    try {
      until("the nodes share the shards", site::settled);
      until("every subscriber has everything", crowd::caughtUp);
    } catch (AssertionError late) {
      String behind = crowd.behind().stream().map(each -> "\n  " + each).collect(Collectors.joining());
      throw new IllegalStateException("not settled after " + after + ": " + late.getMessage() + site.views() + behind);
    }
    crowd.goHome();
    say("settled after " + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - fromNs) + " ms; "
        + crowd.tops().settled.sum() + " events, " + crowd.tops().repeated.sum() + " repeats, "
        + crowd.tops().received.sum() + " received, " + crowd.tops().moves.sum() + " moves, "
        + scraper.deposedAppends() + " deposed appends, " + crowd.complaints() + " complaints");
  }

  /** Orgs nobody used yet: some that the victim owns, and one of each other node. */
  private List<String> orgs(int victim) throws InterruptedException {
    List<Integer> owners = site.owners(0);
    List<String> orgs = new ArrayList<>();
    for (int node : IntStream.range(0, Site.NODES).toArray()) {
      for (int i = 0; i < (node == victim ? 4 : 1); i++) {
        String org = "probe-" + ++probeOrgs;
        while (owners.get(SHARDS.shardOf(org)) != node) {
          org = "probe-" + ++probeOrgs;
        }
        orgs.add(org);
      }
    }
    return orgs;
  }

  /** Looks now and then only: each look asks every node. */
  private static void until(String what, Callable<Boolean> holds) throws Exception {
    Await.until(what, SETTLE_MAX, () -> {
      boolean held = holds.call();
      if (!held) {
        LockSupport.parkNanos(LOOK_NS);
      }
      return held;
    });
  }

  private static void pauseUntil(long untilNs) {
    while (System.nanoTime() < untilNs) {
      LockSupport.parkNanos(untilNs - System.nanoTime());
    }
  }

  static void say(String text) {
    System.err.println("chaos: " + text);
  }

  @Override
  public void close() throws IOException {
    if (scraper != null) {
      scraper.close();
    }
    try {
      vertx.close().await(60, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      say("the clients do not end: " + e);
    } finally {
      site.close();
    }
  }
}
