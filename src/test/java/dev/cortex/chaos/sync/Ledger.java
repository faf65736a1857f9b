package dev.cortex.chaos.sync;

import java.util.ArrayList;
import java.util.List;

/** What producers were told: every event that was accepted, and everything that they should never be told. */
final class Ledger {

  private final List<Born> born = new ArrayList<>();
  private final List<String> complaints = new ArrayList<>();

  /** An event was accepted. */
  synchronized void born(Born event) {
    born.add(event);
  }

  /** Somebody was told something that should never happen. */
  synchronized void complain(String what) {
    complaints.add(what);
  }

  synchronized List<Born> born() {
    return List.copyOf(born);
  }

  synchronized int size() {
    return born.size();
  }

  synchronized List<String> complaints() {
    return List.copyOf(complaints);
  }
}
