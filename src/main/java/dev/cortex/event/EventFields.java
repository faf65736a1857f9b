package dev.cortex.event;

/** Collects the fields of one event in one of the forms it can be sent in, then judges them. */
interface EventFields {

  /** Takes a field as it was found; each name comes once. */
  void put(String name, JsonSlice value);

  /** The event as one that breaks a rule, with what can be read of it all the same. */
  Parsed.Invalid invalid(RefusedException refusal);

  /**
   * The event, checked.
   *
   * @param payloadBytesMax largest payload as sent
   * @throws RefusedException naming the first field that breaks a rule
   */
  Draft draft(int payloadBytesMax);
}
