package dev.cortex.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** The server under load: one that this run started, or one that runs already. */
final class Target implements AutoCloseable {

  /** Memory of the server in KiB: resident, and used heap right after a collection. */
  record Memory(long residentKib, long heapKib) {}

  private static final Pattern PORT = Pattern.compile("\"port\": *([0-9]+)");
  private static final Pattern HEAP = Pattern.compile("(?m)^ *(?!.*(?:Metaspace|class space)).*used ([0-9]+)K");

  private final InetSocketAddress address;
  private final Optional<Process> process;
  private final Optional<Path> dataDir;

  private Target(InetSocketAddress address, Optional<Process> process, Optional<Path> dataDir) {
    this.address = address;
    this.process = process;
    this.dataDir = dataDir;
  }

  /** A server that runs already; its memory cannot be asked for. */
  static Target running(String host, int port) {
    return new Target(new InetSocketAddress(host, port), Optional.empty(), Optional.empty());
  }

  /** Starts a server on a new data directory under {@code scratch} and waits for its ready line. */
  static Target start(List<String> command, Path scratch) throws IOException {
    Files.createDirectories(scratch);
    var dataDir = Files.createTempDirectory(scratch, "data-");
    var full = new ArrayList<>(command);
    full.addAll(List.of("--port", "0", "--data-dir", dataDir.toString()));
    var process = new ProcessBuilder(full).redirectError(Redirect.to(scratch.resolve("server.log").toFile())).start();
    // an interrupted run must not leave its server behind
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    var ready = process.inputReader().readLine();
    var port = PORT.matcher(ready == null ? "" : ready);
    if (ready == null || !ready.startsWith("CORTEX_READY") || !port.find()) {
      process.destroyForcibly();
      throw new IOException("the server did not start, see " + scratch.resolve("server.log") + ": " + ready);
    }
    var address = new InetSocketAddress("127.0.0.1", Integer.parseInt(port.group(1)));
    return new Target(address, Optional.of(process), Optional.of(dataDir));
  }

  /** Where it listens. */
  InetSocketAddress address() {
    return address;
  }

  /** Processor time it has used so far, in microseconds; 0 for a server that somebody else started. */
  double cpuUs() {
    return process.map(running -> new Proc(running.toHandle()).cpuUs()).orElse(0.0);
  }

  /** Its memory after a full collection; empty for a server that somebody else started. */
  Optional<Memory> memory() throws IOException, InterruptedException {
    if (process.isEmpty()) {
      return Optional.empty();
    }
    var proc = new Proc(process.get().toHandle());
    proc.ask("GC.run");
    var matcher = HEAP.matcher(proc.ask("GC.heap_info"));
    var heap = 0L;
    while (matcher.find()) {
      heap += Long.parseLong(matcher.group(1));
    }
    return Optional.of(new Memory(proc.residentKib(), heap));
  }

  @Override
  public void close() throws IOException {
    process.ifPresent(Target::stop);
    if (dataDir.isPresent()) {
      delete(dataDir.get());
    }
  }

  /** Asks a process to end, and ends it when it does not. */
  static void stop(Process server) {
    server.destroy();
    try {
      if (!server.waitFor(10, TimeUnit.SECONDS)) {
        server.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      server.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  /** Removes a folder with all that is in it. */
  static void delete(Path folder) throws IOException {
    try (var paths = Files.walk(folder)) {
      paths.sorted(Comparator.reverseOrder()).forEach(Target::deleteOne);
    }
  }

  private static void deleteOne(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
