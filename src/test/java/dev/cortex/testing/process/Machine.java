package dev.cortex.testing.process;

import dev.cortex.testing.process.ServerProcess.Ready;
import java.nio.file.Path;
import java.time.Duration;

/** What stays of a server when its process ends: a name, ports and a data directory, on which it is started again. */
public abstract sealed class Machine implements AutoCloseable permits ClusterNode, DesktopProcess {

  private final String name;
  private final Path dataDir;
  private ServerProcess process;
  private Ready ready;

  Machine(String name, Path dataDir) {
    this.name = name;
    this.dataDir = dataDir;
  }

  /** Its process from now on. */
  final void runs(ServerProcess started) {
    process = started;
  }

  /** Waits until its process is ready; fails with what it said when it is not. */
  final void whenReady() throws InterruptedException {
    ready = process.ready();
  }

  /** What it is called in messages. */
  public final String name() {
    return name;
  }

  /** Where everything durable of it lives. */
  public final Path dataDir() {
    return dataDir;
  }

  /** What it said when it was ready. */
  public final Ready ready() {
    return ready;
  }

  /** The process: to be killed, frozen, thawed, asked to end, or listened to. */
  public final ServerProcess process() {
    return process;
  }

  /** Asks it to end and waits; gives the exit code. */
  public final int stop(Duration atMost) throws InterruptedException {
    process.terminate();
    return process.exitCode(atMost);
  }

  @Override
  public final void close() {
    if (process != null) {
      process.close();
    }
  }
}
