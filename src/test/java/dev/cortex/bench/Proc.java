package dev.cortex.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A Java process as the system sees it; Linux only where memory is asked for.
 *
 * @param handle the process
 */
record Proc(ProcessHandle handle) {

  /** Processor time it has used so far, in microseconds, in steps of 10 ms; 0 when it is gone. */
  double cpuUs() {
    return handle.info().totalCpuDuration().map(Duration::toNanos).orElse(0L) / 1e3;
  }

  /** Its resident memory in KiB; 0 when it is gone. */
  long residentKib() throws IOException {
    var status = Path.of("/proc/" + handle.pid() + "/status");
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
        .findFirst()
        .orElse(0);
  }

  /** Asks its virtual machine by jcmd, {@code GC.run} for instance, and gives the answer. */
  String ask(String what) throws IOException, InterruptedException {
    var tool = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    var asking = new ProcessBuilder(tool, Long.toString(handle.pid()), what).redirectErrorStream(true).start();
    var answer = new String(asking.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (asking.waitFor() != 0) {
      throw new IOException("jcmd " + what + ": " + answer);
    }
    return answer;
  }
}
