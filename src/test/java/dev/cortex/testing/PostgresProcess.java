package dev.cortex.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** The operating system's side of a PostgreSQL server: its folder, named after the JVM that owns it, and signals. */
final class PostgresProcess {

  private static final Path HOME = Path.of(System.getProperty("java.io.tmpdir"), "cortex-postgres");

  /** Where the server's programs are unpacked, once for all JVMs. */
  static final Path BINARIES = HOME.resolve("binaries");

  private static final AtomicInteger NUMBER = new AtomicInteger();

  /** Ends the server when the input ends without a line: then the owner was killed. */
  private static final String WATCH =
      """
      if ! read -r stopped; then
        kill -CONT "$0"; kill -QUIT "$0"
        n=0; while kill -0 "$0" && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
        rm -rf "$1"
      fi""";

  private final Path folder;
  private final List<String> settings;

  private PostgresProcess(Path folder, List<String> settings) {
    this.folder = folder;
    this.settings = settings;
  }

  /** Removes what dead JVMs left behind and makes a folder for a new server. */
  static PostgresProcess prepare(List<String> settings) throws IOException {
    Files.createDirectories(BINARIES);
    try (Stream<Path> folders = Files.list(HOME)) {
      folders.filter(PostgresProcess::isStray).forEach(stray -> new PostgresProcess(stray, List.of()).end());
    }
    ProcessHandle me = ProcessHandle.current();
    Path folder = HOME.resolve(me.pid() + "-" + startedMs(me) + '-' + NUMBER.incrementAndGet());
    Files.createDirectories(folder);
    return new PostgresProcess(folder, settings);
  }

  /** A start of the server. */
  interface Start {
    /** Starts it and waits until it answers. */
    EmbeddedPostgres run() throws IOException;
  }

  /** Starts a server as the only JVM that may be unpacking its programs; what a killed one left half done is redone. */
  static EmbeddedPostgres unpacked(Start start) throws IOException {
    Set<StandardOpenOption> options = Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try (FileChannel channel = FileChannel.open(HOME.resolve("lock"), options);
        FileLock held = channel.lock()) {
      try (Stream<Path> unpacked = Files.list(BINARIES)) {
        unpacked.filter(each -> !Files.exists(each.resolve(".exists"))).forEach(PostgresProcess::delete);
      }
      EmbeddedPostgres started = start.run();
      held.release();
      return started;
    }
  }

  private static boolean isStray(Path folder) {
    String[] words = folder.getFileName().toString().split("-");
    return words.length == 3
        && ProcessHandle.of(Long.parseLong(words[0]))
            .filter(jvm -> startedMs(jvm) == Long.parseLong(words[1]))
            .isEmpty();
  }

  private static long startedMs(ProcessHandle process) {
    return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
  }

  Path data() {
    return folder.resolve("data");
  }

  List<String> settings() {
    return settings;
  }

  /** The id of the running server; fails when there is none. */
  long pid() {
    return postmaster().map(ProcessHandle::pid).orElseThrow(() -> new IllegalStateException("no server runs"));
  }

  boolean isAlive() {
    return postmaster().isPresent();
  }

  /** The process that the server's own file names, if that one serves this folder. */
  private Optional<ProcessHandle> postmaster() {
    Path file = data().resolve("postmaster.pid");
    try {
      return Files.exists(file)
          ? ProcessHandle.of(Long.parseLong(Files.readAllLines(file).get(0).strip()))
              .filter(process -> process.info().commandLine().orElse("").contains(data().toString()))
          : Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void signal(String name) {
    postmaster().ifPresent(process -> send(name, process));
  }

  /** To the first process first, so that it starts no more of them meanwhile. */
  void signalAll(String name) {
    postmaster()
        .ifPresent(
            process -> {
              send(name, process);
              process.descendants().toList().forEach(each -> send(name, each));
            });
  }

  private static void send(String name, ProcessHandle process) {
    run("kill", "-" + name, Long.toString(process.pid()));
  }

  void awaitEnd(int seconds) {
    Optional<CompletableFuture<ProcessHandle>> end = postmaster().map(ProcessHandle::onExit);
    try {
      if (end.isPresent()) {
        end.get().get(seconds, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("the server did not end", e);
    }
  }

  /** A shell that ends the server when this process is gone; one line tells it that the server has ended. */
  Process watch() throws IOException {
    return new ProcessBuilder("sh", "-c", WATCH, Long.toString(pid()), folder.toString())
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private void end() {
    signalAll("CONT");
    signal("QUIT");
    awaitEnd(20);
    remove();
  }

  void remove() {
    delete(folder);
  }

  private static void delete(Path each) {
    run("rm", "-rf", each.toString());
  }

  private static void run(String... command) {
    try {
      new ProcessBuilder(command).start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
