package dev.cortex.log;

import dev.cortex.event.Draft;

/** Makes the finished envelope of a stored event from its fields: the form in which every door sends it. */
@FunctionalInterface
public interface EnvelopeEncoder {

  /**
   * The envelope as UTF-8 JSON on one line.
   *
   * @param complete the event with no field left empty that the envelope needs
   * @param logId incarnation of the log
   * @param offset its place
   * @param sequence its number in its session, 0 without one
   * @param receivedAt when the room took it, Unix milliseconds
   */
  byte[] write(Draft complete, String logId, long offset, long sequence, long receivedAt);
}
