package dev.cortex.chaos.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cortex.testing.process.Await;
import dev.cortex.testing.process.ClusterNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two desktops at two nodes of a cloud of three, and what becomes of their events when a node is killed. */
@Tag("process")
@Timeout(600)
final class ClusterSyncTest {

  private static final Duration SOON = Duration.ofSeconds(120);
  /** Of each of three producers, each time. */
  private static final int EVENTS = 50;
  private static final long EVERY_NS = TimeUnit.MILLISECONDS.toNanos(25);

  @TempDir Path folder;

  private final Ledger ledger = new Ledger();
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @Test
  void everyoneHasEveryEventOnceThoughTheRoomsOwnerIsKilledWithADesktopAtItAndWithout() throws Exception {
    try (Site site = Site.onCluster(3, folder)) {
      final Desk first = site.desk("desktop-a", Site.QUICK).start();
      final Desk second = site.desk("desktop-b", Site.QUICK).start();
      Producer a = site.producer(first, 3, ledger, 1);
      Producer b = site.producer(second, 3, ledger, 2);
      ClusterNode owner = settled(site);
      List<ClusterNode> others = others(site, owner);
      attach(first, owner);
      attach(second, others.get(0));
      ClusterNode third = others.get(1);
      killWhileEventsFlow(
          site, owner, third, List.of(a, b, site.producer("web-1", third, 3, ledger, 3)),
          () -> first.up().lead(third.ports().open()));

      owner.launch().awaitReady();
      ClusterNode next = settled(site);
      List<ClusterNode> well = others(site, next);
      attach(first, well.get(0));
      attach(second, well.get(1));
      killWhileEventsFlow(
          site, next, well.get(0), List.of(a, b, site.producer("web-2", well.get(0), 3, ledger, 4)), () -> {});
    } finally {
      threads.shutdownNow();
    }
  }

  /** Waits until the nodes share the rooms, and gives the one that owns the org's. */
  private static ClusterNode settled(Site site) throws Exception {
    site.cluster().awaitShared(SOON);
    return site.cluster().owner(Site.ORG);
  }

  private static List<ClusterNode> others(Site site, ClusterNode not) {
    return site.cluster().nodes().stream().filter(node -> node != not).toList();
  }

  /** Leads a desktop's line to that node and waits until the cloud has found the way back. */
  private static void attach(Desk desk, ClusterNode node) throws Exception {
    desk.up().lead(node.ports().open());
    desk.up().cut();
    desk.up().mend();
    desk.awaitMode("push", SOON);
  }

  /**
   * Kills a node while both desktops and the cloud publish, and judges what everybody has in the end.
   *
   * @param well a node that goes on, at which somebody reads
   * @param all who publishes
   * @param rescue what is done for the desktops while the node is gone and events flow
   */
  private void killWhileEventsFlow(Site site, ClusterNode victim, ClusterNode well, List<Producer> all, Runnable rescue)
      throws Exception {
    final int before = ledger.size();
    List<Watcher> watchers = new ArrayList<>(List.of(site.watch(well)));
    site.desks().forEach(desk -> watchers.add(site.watch(desk)));
    List<Future<Void>> publishing = all.stream().map(producer -> threads.submit(() -> publish(producer))).toList();
    Await.until("events flow", SOON, () -> ledger.size() >= before + EVENTS);
    victim.process().kill();
    Await.until("events flow without it", SOON, () -> ledger.size() >= before + EVENTS + EVENTS / 2);
    rescue.run();
    for (Future<Void> each : publishing) {
      each.get(SOON.toSeconds(), TimeUnit.SECONDS);
    }
    try {
      for (Watcher watcher : watchers) {
        Await.until(watcher.getName() + " has all", SOON, () -> watcher.count() >= ledger.size());
      }
    } catch (AssertionError late) {
      ledger.complain(late.getMessage());
      watchers.forEach(watcher -> ledger.complain(watcher.story()));
    }
    List<Judge.Log> logs = new ArrayList<>(List.of(new Judge.Log("cloud", site.log(well), true)));
    for (Desk desk : site.desks()) {
      desk.awaitDrained(SOON);
      logs.add(new Judge.Log(desk.name(), desk.log(Site.ORG), true));
    }
    watchers.forEach(watcher -> logs.add(new Judge.Log(watcher.getName(), watcher.seen(), true)));
    new Result(List.of(), Judge.of(ledger.born(), logs, ledger.complaints())).requireGood();
    assertThat(ledger.size()).isEqualTo(before + all.size() * EVENTS);
  }

  private static Void publish(Producer producer) throws Exception {
    for (int i = 0; i < EVENTS; i++) {
      producer.publish(1, 1);
      LockSupport.parkNanos(EVERY_NS);
    }
    return null;
  }
}
