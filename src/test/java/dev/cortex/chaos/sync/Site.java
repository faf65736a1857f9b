package dev.cortex.chaos.sync;

import dev.cortex.testing.LocalPostgres;
import dev.cortex.testing.process.Cluster;
import dev.cortex.testing.process.ClusterNode;
import dev.cortex.testing.process.Http;
import dev.cortex.testing.process.Socket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A cloud of one node and its desktops, as real processes on loopback. {@link #close} ends them all. */
final class Site implements AutoCloseable {

  /** The org that everyone is in. */
  static final String ORG = "acme";

  private final Path folder;
  private final Optional<LocalPostgres.Database> database;
  private final ClusterNode cloud;
  private final Http http = new Http(Cluster.token(ORG, "web", "publish subscribe"));
  private final List<Desk> desks = new ArrayList<>();
  private final List<Watcher> watchers = new ArrayList<>();

  private Site(Path folder, Optional<LocalPostgres.Database> database, List<String> sets) throws IOException {
    this.folder = folder;
    this.database = database;
    this.cloud = ClusterNode.alone(folder.resolve("cloud"), sets);
  }

  /** A site whose cloud stores in SQLite, without desktops; the cloud runs. */
  static Site onSqlite(Path folder, String... sets) throws IOException, InterruptedException {
    return new Site(folder, Optional.empty(), List.of(sets)).launch();
  }

  /** A site whose cloud stores in SQLite, without desktops; the cloud does not run yet. */
  static Site withoutCloud(Path folder, String... sets) throws IOException {
    Files.createDirectories(folder.resolve("cloud"));
    return new Site(folder, Optional.empty(), List.of(sets));
  }

  /** A site whose cloud stores in PostgreSQL, without desktops; the cloud runs. */
  static Site onPostgres(Path folder, String... sets) throws IOException, InterruptedException {
    LocalPostgres.Database database = LocalPostgres.shared().database();
    List<String> all = new ArrayList<>(List.of(sets));
    all.addAll(
        List.of(
            "store.url=" + database.url(),
            "store.user=" + database.user(),
            "store.password=" + database.password()));
    return new Site(folder, Optional.of(database), all).launch();
  }

  private Site launch() throws IOException, InterruptedException {
    try {
      Files.createDirectories(folder.resolve("cloud"));
      cloud.launch().awaitReady();
      return this;
    } catch (IOException | InterruptedException | RuntimeException | AssertionError e) {
      close();
      throw e;
    }
  }

  /** The cloud's node. */
  ClusterNode cloud() {
    return cloud;
  }

  /** Starts the cloud, for the first time or after its end. */
  void startCloud() throws IOException, InterruptedException {
    cloud.launch().awaitReady();
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
    Desk desk = new Desk(name, folder, cloud, ORG, List.of(sets));
    desks.add(desk);
    return desk;
  }

  /** Every desktop. */
  List<Desk> desks() {
    return List.copyOf(desks);
  }

  /** A producer in the cloud. */
  Producer cloudProducer(int sessions, Ledger ledger, long seed) {
    return new Producer("cloud", ORG, cloud.ready(), http, sessions, ledger, seed);
  }

  /** A producer on a desktop that runs. */
  Producer producer(Desk desk, int sessions, Ledger ledger, long seed) {
    return new Producer(desk.name(), ORG, desk.ready(), new Http(), sessions, ledger, seed);
  }

  /** Everything the cloud's log holds. */
  List<Seen> cloudLog() throws IOException, InterruptedException {
    return http.all(cloud.ready(), ORG, "0").stream().map(Seen::of).toList();
  }

  /** Whether the cloud's log holds nothing; while it is trimmed a page may go as it is read, which is answered 410. */
  boolean isCloudLogEmpty() throws IOException, InterruptedException {
    return http.get(cloud.ready(), "/api/events/since?orgId=" + ORG + "&cursor=0").status() == 204;
  }

  /** Somebody in a browser who watches the cloud's log from its beginning. */
  Watcher watchCloud() {
    String token = Cluster.token(ORG, "web", "publish subscribe");
    Watcher watcher =
        new Watcher(
            "watcher of the cloud",
            cursor -> Socket.plain(http.client(), cloud.ready(), token, "?channel=" + ORG + "&since=" + cursor));
    watchers.add(watcher);
    watcher.start();
    return watcher;
  }

  /** Somebody who watches a desktop's log from its beginning. */
  Watcher watch(Desk desk) {
    Watcher watcher = desk.watch(ORG);
    watchers.add(watcher);
    return watcher;
  }

  @Override
  public void close() throws IOException {
    watchers.forEach(Watcher::close);
    for (Desk desk : desks) {
      desk.close();
    }
    cloud.close();
    database.ifPresent(LocalPostgres.shared()::drop);
  }
}
