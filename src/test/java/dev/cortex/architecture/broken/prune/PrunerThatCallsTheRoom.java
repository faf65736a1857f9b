package dev.cortex.architecture.broken.prune;

import dev.cortex.architecture.broken.room.Room;

/** One stage that imports another. */
record PrunerThatCallsTheRoom(Room room) {}
