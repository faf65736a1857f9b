/** The cast of tests that talk to a whole server: the server itself and clients that may misbehave. */
package dev.cortex.testing;
