// How long to wait before the next try.

/**
 * Exponential growth with full jitter: a number from 0 to min(cap, base x 2^attempt), so that a thousand clients that
 * lost the same server do not come back as one.
 *
 * @param {number} attempt 0 for the first retry
 * @param {() => number} random from 0 (included) to 1 (excluded)
 * @param {{baseMs: number, capMs: number}} bounds
 */
export function fullJitter(attempt, random, { baseMs, capMs }) {
  return Math.floor(random() * Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30)));
}
