package dev.cortex.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/**
 * Notices that the parent process is gone by whichever sign comes first: the end of standard input, or the parent's
 * process id. One sign is not enough, because descriptors leak into siblings and then the end of input never comes.
 */
final class ParentWatch {

  private static final long INIT = 1;

  private final Optional<InputStream> input;
  private final BooleanSupplier parentAlive;
  private final long intervalMs;
  private final Runnable onGone;
  private final AtomicBoolean told = new AtomicBoolean();

  /**
   * A watch that calls {@code onGone} once.
   *
   * @param input standard input; empty when its end says nothing
   * @param intervalMs how often to look at the parent
   */
  ParentWatch(Optional<InputStream> input, BooleanSupplier parentAlive, long intervalMs, Runnable onGone) {
    this.input = input;
    this.parentAlive = parentAlive;
    this.intervalMs = intervalMs;
    this.onGone = onGone;
  }

  /** Starts watching, on daemon threads. */
  void start() {
    input.ifPresent(stream -> daemon("cortex-stdin", () -> readToEnd(stream)));
    daemon("cortex-parent", this::poll);
  }

  /**
   * Whether the parent that this process had when asked first is still its parent: a child of a dead process gets
   * another one. Without a parent to watch (none, or init) the answer is always yes.
   */
  static BooleanSupplier parentOf(ProcessHandle self) {
    Optional<ProcessHandle> parent = self.parent();
    if (parent.isEmpty() || parent.get().pid() == INIT) {
      return () -> true;
    }
    return () -> parent.get().isAlive() && self.parent().equals(parent);
  }

  /** Whether standard input is the null device: its end says nothing about the parent. */
  static boolean inputIsNullDevice() {
    try {
      Path input = Path.of("/proc/self/fd/0");
      return Files.exists(input) && input.toRealPath().equals(Path.of("/dev/null"));
    } catch (IOException e) {
      return false; // a pipe or socket has no path
    }
  }

  private void readToEnd(InputStream stream) {
    byte[] ignored = new byte[1_024];
    try {
      int count = 0;
      while (count >= 0) {
        count = stream.read(ignored); // whatever the parent says, only its end matters
      }
      tell();
    } catch (IOException e) {
      tell(); // a broken input has ended too
    }
  }

  private void poll() {
    try {
      while (parentAlive.getAsBoolean()) {
        Thread.sleep(intervalMs);
      }
      tell();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void tell() {
    if (told.compareAndSet(false, true)) {
      onGone.run();
    }
  }

  private static void daemon(String name, Runnable body) {
    Thread thread = new Thread(null, body, name, 128 * 1_024);
    thread.setDaemon(true);
    thread.start();
  }
}
