package dev.cortex.testing.process;

import dev.cortex.testing.process.ServerProcess.Ready;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A desktop's server, as a process of its own on ports of its own; it may be started again after its end. */
public final class DesktopProcess extends Machine {

  private final int port;
  private final int callbackPort;

  private DesktopProcess(String name, int port, int callbackPort, Path dataDir) {
    super(name, dataDir);
    this.port = port;
    this.callbackPort = callbackPort;
  }

  /** A desktop that does not run yet. */
  public static DesktopProcess on(String name, Path dataDir) throws IOException {
    List<Integer> free = FreePorts.find(2, 0);
    return new DesktopProcess(name, free.get(0), free.get(1), dataDir);
  }

  /**
   * Starts it and waits until it is ready; it ends with this process.
   *
   * @param variables in its environment
   * @param sets its configuration as {@code key=value}
   */
  public Ready start(Map<String, String> variables, List<String> sets) throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(List.of("--profile", "local", "--port", Integer.toString(port)));
    line.addAll(List.of("--data-dir", dataDir().toString(), "--no-banner", "--exit-with-parent"));
    for (String set : sets) {
      line.addAll(List.of("--set", set));
    }
    runs(ServerProcess.launch(variables, line.toArray(String[]::new)));
    whenReady();
    return ready();
  }

  /** Where it listens for pushes alone, when it is told so. */
  public int callbackPort() {
    return callbackPort;
  }
}
