package dev.cortex.testing.process;

import dev.cortex.testing.process.ServerProcess.Ready;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A desktop's server as a process of its own, on a data directory and on ports of its own that it keeps when it is
 * started again.
 */
public final class DesktopProcess implements AutoCloseable {

  private final String name;
  private final int port;
  private final int callbackPort;
  private final Path dataDir;
  private ServerProcess process;
  private Ready ready;

  private DesktopProcess(String name, int port, int callbackPort, Path dataDir) {
    this.name = name;
    this.port = port;
    this.callbackPort = callbackPort;
    this.dataDir = dataDir;
  }

  /** A desktop that does not run yet. */
  public static DesktopProcess on(String name, Path dataDir) throws IOException {
    List<Integer> free = FreePorts.find(2, 0);
    return new DesktopProcess(name, free.get(0), free.get(1), dataDir);
  }

  /**
   * Starts it and waits until it is ready; it ends with this process.
   *
   * @param sets its configuration as {@code key=value}
   */
  public Ready start(List<String> sets) throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(List.of("--profile", "local", "--port", Integer.toString(port)));
    line.addAll(List.of("--data-dir", dataDir.toString(), "--no-banner", "--exit-with-parent"));
    for (String set : sets) {
      line.addAll(List.of("--set", set));
    }
    process = ServerProcess.launch(line.toArray(String[]::new));
    ready = process.ready();
    return ready;
  }

  /** What it is called in messages. */
  public String name() {
    return name;
  }

  /** Where it listens for pushes alone, when it is told so. */
  public int callbackPort() {
    return callbackPort;
  }

  /** Where everything durable of it lives. */
  public Path dataDir() {
    return dataDir;
  }

  /** What it said when it was ready. */
  public Ready ready() {
    return ready;
  }

  /** The process: to be killed, frozen, thawed or listened to. */
  public ServerProcess process() {
    return process;
  }

  /** Asks it to end and waits; gives the exit code. */
  public int stop(Duration atMost) throws InterruptedException {
    process.terminate();
    return process.exitCode(atMost);
  }

  @Override
  public void close() {
    if (process != null) {
      process.close();
    }
  }
}
