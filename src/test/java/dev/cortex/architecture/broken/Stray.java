package dev.cortex.architecture.broken;

/** Lies in no package of the table. */
final class Stray {}
