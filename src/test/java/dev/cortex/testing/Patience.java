package dev.cortex.testing;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Waiting for something to become true, looking often and not for ever. */
public final class Patience {

  private static final long LOOK_EVERY_NS = TimeUnit.MILLISECONDS.toNanos(20);

  private Patience() {}

  /** Something that can be asked again. */
  public interface Question {
    /** Whether it is so by now. */
    boolean isSo() throws Exception;
  }

  /** Waits at most that many seconds; fails with {@code what} when it did not become true. */
  public static void until(String what, int seconds, Question question) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (!question.isSo()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("not within " + seconds + " s: " + what);
      }
      LockSupport.parkNanos(LOOK_EVERY_NS);
    }
  }
}
