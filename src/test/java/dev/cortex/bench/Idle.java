package dev.cortex.bench;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.HdrHistogram.Histogram;

/** Connections that only stay open: what each costs the server in memory. */
final class Idle {

  private static final int OTHER_FILES = 200;

  private final int connections;

  Idle(int connections) {
    this.connections = connections;
  }

  /** Opens the connections, lets them rest, and compares the server's memory before and after. */
  Row run(Target target) throws IOException, InterruptedException, TimeoutException {
    requireFiles();
    var before = target.memory();
    try (var subscribers = new Subscribers(target.address(), "/ws?org=bench", connections)) {
      subscribers.awaitOpen(60_000);
      TimeUnit.SECONDS.sleep(3);
      var after = target.memory();
      var note =
          before.isEmpty() || after.isEmpty() ? "not our server: memory unknown" : note(before.get(), after.get());
      return new Row("idle", connections + " conns", 0, 0, 0, new Histogram(1), subscribers.seen().wrong(), note);
    }
  }

  private String note(Target.Memory before, Target.Memory after) {
    return String.format(
        Locale.ROOT,
        "resident %.0f -> %.0f MiB (%.1f KiB a connection), heap after collection %.1f -> %.1f MiB (%.1f KiB)",
        before.residentKib() / 1024.0,
        after.residentKib() / 1024.0,
        (after.residentKib() - before.residentKib()) / (double) connections,
        before.heapKib() / 1024.0,
        after.heapKib() / 1024.0,
        (after.heapKib() - before.heapKib()) / (double) connections);
  }

  private void requireFiles() throws IOException {
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
        && system.getMaxFileDescriptorCount() < connections + OTHER_FILES) {
      throw new IOException(
          connections + " connections need " + (connections + OTHER_FILES) + " open files a process, the limit is "
              + system.getMaxFileDescriptorCount() + ": raise it with ulimit -n");
    }
  }
}
