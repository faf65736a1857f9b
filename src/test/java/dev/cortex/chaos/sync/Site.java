package dev.cortex.chaos.sync;

import dev.cortex.testing.process.Cluster;
import dev.cortex.testing.process.ClusterNode;
import dev.cortex.testing.process.Http;
import dev.cortex.testing.process.Link;
import dev.cortex.testing.process.Seen;
import dev.cortex.testing.process.Socket;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A cloud of one node or more and its desktops, as real processes on loopback. {@link #close} ends them all. */
final class Site implements AutoCloseable {

  /** The org that everyone is in. */
  static final String ORG = "acme";

  /** What makes a desktop ask its cloud often. */
  static final String[] QUICK = {"sync.poll_min_ms=200", "sync.poll_max_ms=1000"};

  private static final String CLOUD = "cloud";

  private final Path folder;
  private final Cluster cluster;
  private final Http http = new Http(Cluster.token(ORG, "web", "publish subscribe"));
  private final List<Desk> desks = new ArrayList<>();
  private final List<Watcher> watchers = new ArrayList<>();

  private Site(Path folder, Cluster cluster) {
    this.folder = folder;
    this.cluster = cluster;
  }

  /** A site whose cloud stores in SQLite, without desktops; the cloud runs. */
  static Site onSqlite(Path folder, String... sets) throws IOException, InterruptedException {
    return withoutCloud(folder, sets).launch();
  }

  /** A site whose cloud stores in SQLite, without desktops; the cloud does not run yet. */
  static Site withoutCloud(Path folder, String... sets) throws IOException {
    return new Site(folder, Cluster.alone(CLOUD, folder, withDesktopsHere(sets)));
  }

  /** A site whose cloud stores in PostgreSQL, without desktops; the cloud runs. */
  static Site onPostgres(Path folder, String... sets) throws IOException, InterruptedException {
    return onCluster(1, folder, sets);
  }

  /** A site whose cloud has that many nodes on PostgreSQL, without desktops; the cloud runs. */
  static Site onCluster(int nodes, Path folder, String... sets) throws IOException, InterruptedException {
    return new Site(folder, Cluster.of(nodes, folder, withDesktopsHere(sets))).launch();
  }

  /** Desktops on this machine may register with such a cloud. */
  private static String[] withDesktopsHere(String... sets) {
    List<String> all = new ArrayList<>(List.of(sets));
    all.add("callbacks.allow_private=true");
    return all.toArray(String[]::new);
  }

  private Site launch() throws IOException, InterruptedException {
    try {
      cluster.start();
      return this;
    } catch (IOException | InterruptedException | RuntimeException | AssertionError e) {
      close();
      throw e;
    }
  }

  /** The cloud's nodes. */
  Cluster cluster() {
    return cluster;
  }

  /** The cloud's node, the first of several. */
  ClusterNode cloud() {
    return cluster.node(0);
  }

  /** Starts the cloud, for the first time or after its end. */
  void startCloud() throws IOException, InterruptedException {
    cluster.start();
  }

  /** A client of the cloud. */
  Http http() {
    return http;
  }

  /**
   * A desktop that does not run yet.
   *
   * @param sets its configuration beside what it needs to sync, as {@code key=value}
   */
  Desk desk(String name, String... sets) throws IOException {
    return desk(name, Link.to(cloud().ports().open()), sets);
  }

  /** The same on a line of its own to the cloud, which is closed with it. */
  Desk desk(String name, Link up, String... sets) throws IOException {
    Desk desk = new Desk(name, folder, up, ORG, List.of(sets));
    desks.add(desk);
    return desk;
  }

  /** Every desktop. */
  List<Desk> desks() {
    return List.copyOf(desks);
  }

  /** A producer in the cloud. */
  Producer cloudProducer(int sessions, Ledger ledger, long seed) {
    return producer(CLOUD, cloud(), sessions, ledger, seed);
  }

  /** A producer of that name, which publishes by a node of the cloud. */
  Producer producer(String name, ClusterNode node, int sessions, Ledger ledger, long seed) {
    return new Producer(name, ORG, node.ready(), http, sessions, ledger, seed);
  }

  /** A producer on a desktop that runs. */
  Producer producer(Desk desk, int sessions, Ledger ledger, long seed) {
    return new Producer(desk.name(), ORG, desk.ready(), new Http(), sessions, ledger, seed);
  }

  /** Everything the cloud's log holds. */
  List<Seen> cloudLog() throws IOException, InterruptedException {
    return log(cloud());
  }

  /** Everything the cloud's log holds, as a node of it says. */
  List<Seen> log(ClusterNode node) throws IOException, InterruptedException {
    return http.all(node.ready(), ORG, "0").stream().map(Seen::of).toList();
  }

  /** Whether the cloud's log holds nothing; while it is trimmed a page may go as it is read, which is answered 410. */
  boolean isCloudLogEmpty() throws IOException, InterruptedException {
    return http.get(cloud().ready(), "/api/events/since?orgId=" + ORG + "&cursor=0").status() == 204;
  }

  /** Somebody in a browser who watches the cloud's log from its beginning. */
  Watcher watchCloud() {
    return watch(cloud());
  }

  /** Somebody in a browser who watches the cloud's log from its beginning, at one of its nodes. */
  Watcher watch(ClusterNode node) {
    String token = Cluster.token(ORG, "web", "publish subscribe");
    return watched(
        new Watcher(
            "watcher of the cloud",
            cursor -> Socket.plain(http.client(), node.ready(), token, "?channel=" + ORG + "&since=" + cursor)));
  }

  /** Somebody who watches a desktop's log from its beginning. */
  Watcher watch(Desk desk) {
    return watched(desk.watch(ORG));
  }

  private Watcher watched(Watcher watcher) {
    watchers.add(watcher);
    watcher.start();
    return watcher;
  }

  @Override
  public void close() throws IOException {
    watchers.forEach(Watcher::close);
    for (Desk desk : desks) {
      desk.close();
    }
    cluster.close();
  }
}
