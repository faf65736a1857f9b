// What a client runs with: limits and its surroundings.

import { CortexError } from './wire.js';

/** Every limit, with the unit in its name; see cortex.d.ts. */
const LIMITS = Object.freeze({
  connectMs: 10_000,
  quietMs: 45_000,
  pongMs: 10_000,
  answerMs: 15_000,
  backoffBaseMs: 500,
  backoffCapMs: 30_000,
  bufferEventsMax: 10_000,
  bufferBytesMax: 32 * 1024 * 1024,
  pendingMax: 10_000,
});

/** The limits in force. */
export function limitsOf(options) {
  const limits = { ...LIMITS, ...options.limits };
  return {
    ...limits,
    backoff: { baseMs: limits.backoffBaseMs, capMs: limits.backoffCapMs },
    renewable: typeof options.token === 'function',
  };
}

/** Sockets, clock, chance and timers: the real ones unless others are given. */
export function environmentOf(options) {
  const WebSocket = options.WebSocket ?? globalThis.WebSocket;
  if (!WebSocket) {
    throw new CortexError('bad_request', 'no WebSocket here: pass one, for instance { WebSocket } of the ws package');
  }
  return {
    WebSocket,
    now: options.now ?? Date.now,
    random: options.random ?? Math.random,
    setTimeout: options.setTimeout ?? ((run, ms) => globalThis.setTimeout(run, ms)),
    clearTimeout: options.clearTimeout ?? ((timer) => globalThis.clearTimeout(timer)),
  };
}
