package dev.cortex.gateway;

import dev.cortex.bus.RoomCalls;

/**
 * Where connections read from.
 *
 * @param feeds the orgs this gateway listens to
 * @param beginnings turns what clients write after {@code since} into places
 * @param rooms the rooms themselves, for questions
 */
record Reading(Feeds feeds, Beginnings beginnings, RoomCalls rooms) {

  /** How long a room is asked, milliseconds. */
  static final long ROOM_BUDGET_MS = 10_000;
}
