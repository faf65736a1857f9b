package dev.cortex.base;

/** The two clocks of a process: the wall, which people read and which may jump, and a monotonic one, which measures. */
public interface Clock {

  /** Milliseconds since the Unix epoch by the wall clock; may jump either way. */
  long wallMs();

  /** Nanoseconds from an arbitrary origin; never goes back. */
  long monotonicNs();

  /** The clocks of this machine. */
  Clock SYSTEM =
      new Clock() {
        @Override
        public long wallMs() {
          return System.currentTimeMillis();
        }

        @Override
        public long monotonicNs() {
          return System.nanoTime();
        }
      };
}
