package dev.cortex.chaos.sync;

/**
 * An event that was accepted where it was published.
 *
 * @param place where that was: the name of a desktop, or of the cloud
 * @param offset in the log of that place
 * @param session agent and session as {@code agent:session}, empty without one
 * @param sequence in its session, 0 without one
 * @param payload hash of the payload's text
 */
record Born(String place, long offset, String id, String session, long sequence, int payload) {}
