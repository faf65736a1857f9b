package dev.cortex.chaos;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;

/** What the publishing clients wrote down: everything they sent and every definite answer they got. */
final class Journal {

  /**
   * An event as its producer made it.
   *
   * @param session agent and session as {@code agent:session}, empty without one
   * @param sequence the number its producer gave it, 0 when it left that to the room
   * @param payload hash of the payload's text
   */
  record Published(String id, String session, long sequence, int payload) {}

  /**
   * A definite answer.
   *
   * @param status accepted or duplicate
   */
  record Answered(String id, String status, long offset, long sequence) {}

  private final Queue<Published> published = new ConcurrentLinkedQueue<>();
  private final Queue<Answered> answered = new ConcurrentLinkedQueue<>();
  private final Queue<String> complaints = new ConcurrentLinkedQueue<>();
  private final LongAdder unknown = new LongAdder();
  private final LongAdder answers = new LongAdder();

  void published(Published event) {
    published.add(event);
  }

  void answered(Answered answer) {
    answered.add(answer);
    answers.increment();
  }

  /** An event was sent and nothing definite came back. */
  void unknown() {
    unknown.increment();
  }

  /** Something a client should never see. */
  void complain(String what) {
    complaints.add(what);
  }

  List<Published> published() {
    return List.copyOf(published);
  }

  List<Answered> answered() {
    return List.copyOf(answered);
  }

  /** How many definite answers there are. */
  long answers() {
    return answers.sum();
  }

  List<String> complaints() {
    return List.copyOf(complaints);
  }

  long unknowns() {
    return unknown.sum();
  }
}
