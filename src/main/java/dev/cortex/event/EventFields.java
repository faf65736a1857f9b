package dev.cortex.event;

/** Collects the fields of one event in one of the forms it can be sent in, then judges them. */
interface EventFields {

  /** Takes a field as it was found; each name comes once. */
  void put(String name, JsonSlice value);

  /** The event's id when it has a readable one, else empty; for the answer to a refused event. */
  String readableId();

  /**
   * The event, checked.
   *
   * @param payloadBytesMax largest payload as sent
   * @throws RefusedException naming the first field that breaks a rule
   */
  Draft draft(int payloadBytesMax);
}
