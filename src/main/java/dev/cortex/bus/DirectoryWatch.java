package dev.cortex.bus;

import dev.cortex.bus.Directory.View;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Predicate;

/**
 * Those who wait for the directory to say something. It listens to the directory only while somebody waits, so that
 * nothing of it is left when nobody does. May be used from any thread.
 */
final class DirectoryWatch {

  /** Equal to itself alone: two may wait for the same. */
  private static final class Waiting {
    private final Predicate<View> until;
    private final Executor home;
    private final Runnable turn;

    private Waiting(Predicate<View> until, Executor home, Runnable turn) {
      this.until = until;
      this.home = home;
      this.turn = turn;
    }
  }

  private final Directory directory;
  private final int waitingMax;
  private final Set<Waiting> waiting = new HashSet<>();
  private Runnable stopListening = () -> { };

  DirectoryWatch(Directory directory, int waitingMax) {
    this.directory = directory;
    this.waitingMax = waitingMax;
  }

  /**
   * Waits for the directory.
   *
   * @param until what is waited for; tried on what is known now, too
   * @param home where the turn is taken
   * @param turn what is then to be done, once
   * @return how to stop waiting; empty when too many wait already
   */
  Optional<Runnable> await(Predicate<View> until, Executor home, Runnable turn) {
    Waiting one = new Waiting(until, home, turn);
    synchronized (this) {
      if (waiting.size() >= waitingMax) {
        return Optional.empty();
      }
      if (waiting.isEmpty()) {
        stopListening = directory.onChange(this::changed);
      }
      waiting.add(one);
    }
    // after it joined, so that a change in between is not missed
    if (until.test(directory.view()) && remove(one)) {
      home.execute(turn);
    }
    return Optional.of(() -> remove(one));
  }

  /** How many wait. */
  synchronized int size() {
    return waiting.size();
  }

  private synchronized boolean remove(Waiting one) {
    boolean removed = waiting.remove(one);
    if (removed && waiting.isEmpty()) {
      stopListening.run();
    }
    return removed;
  }

  private void changed(View view) {
    List<Waiting> over;
    synchronized (this) {
      over = new ArrayList<>(waiting);
    }
    over.removeIf(one -> !one.until.test(view));
    over.forEach(one -> {
      if (remove(one)) {
        one.home.execute(one.turn);
      }
    });
  }
}
