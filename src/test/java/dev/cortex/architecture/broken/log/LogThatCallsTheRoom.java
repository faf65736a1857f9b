package dev.cortex.architecture.broken.log;

import dev.cortex.architecture.broken.room.Room;

/** Imports what stands above it, and closes a cycle. */
record LogThatCallsTheRoom(Room room) {}
