package dev.cortex.testing;

import dev.cortex.testing.process.Await;
import java.time.Duration;

/** Waiting for something to become true, with a bound in seconds. */
public final class Patience {

  private Patience() {}

  /** Something that can be asked again. */
  public interface Question {
    /** Whether it is so by now. */
    boolean isSo() throws Exception;
  }

  /** Waits at most that many seconds; fails with {@code what} when it did not become true. */
  public static void until(String what, int seconds, Question question) throws Exception {
    Await.until(what, Duration.ofSeconds(seconds), question::isSo);
  }
}
