// Publishing: every event keeps its id and is repeated until the server has said what became of it.

import { CortexError, PAYLOAD_BYTES_MAX, errorOf, newId } from './wire.js';
import { fullJitter } from './backoff.js';

/** How many publishes may be on their way at once. */
const IN_FLIGHT_MAX = 128;

/**
 * Sends events and waits for their answers across lost connections and temporary refusals. Events of one session go
 * one after another, so that a repeat of the first never lands behind the second.
 */
export class Publisher {
  #env;
  #limits;
  #send;
  #lanes = new Map();
  #inFlight = new Map();
  #pending = 0;
  #rids = 0;
  #closed = false;

  /**
   * @param env `{now, random, setTimeout, clearTimeout}`
   * @param limits `{pending, answerMs, backoff}`
   * @param send sends one frame; false when there is no connection
   */
  constructor(env, limits, send) {
    this.#env = env;
    this.#limits = limits;
    this.#send = send;
  }

  /** Publishes; resolves to `{id, status, offset, sequence}`, rejects only with what is final. */
  publish(event, { signal } = {}) {
    return new Promise((resolve, reject) => {
      const refusal = this.#refusal(event, signal);
      if (refusal) {
        reject(refusal);
        return;
      }
      const rid = `p${++this.#rids}`;
      const lane = event.sessionId === undefined ? rid : `${event.orgId}:${event.agentId}:${event.sessionId}`;
      const own = { ...event, id: event.id ?? event.eventId ?? newId(this.#env.now()) };
      delete own.eventId;
      const entry = { rid, lane, event: own, resolve, reject, signal, attempt: 0, timer: undefined };
      entry.onAbort = () => this.#settle(entry, () => reject(signal.reason));
      signal?.addEventListener('abort', entry.onAbort);
      this.#pending++;
      const queue = this.#lanes.get(lane);
      if (queue) {
        queue.push(entry);
      } else {
        this.#lanes.set(lane, [entry]);
      }
      this.pump();
    });
  }

  /** Sends what may go: the first of every lane that is neither on its way nor waiting for a retry. */
  pump() {
    for (const [entry] of this.#lanes.values()) {
      if (this.#inFlight.size >= IN_FLIGHT_MAX) {
        return;
      }
      if (entry.timer !== undefined) {
        continue;
      }
      if (!this.#send({ op: 'publish', rid: entry.rid, event: entry.event })) {
        return;
      }
      this.#inFlight.set(entry.rid, entry);
      this.#wait(entry, this.#limits.answerMs);
    }
  }

  /** Takes an answer; false when it answers no publish. */
  answered(frame) {
    const entry = this.#inFlight.get(frame.rid);
    if (!entry) {
      return false;
    }
    if (frame.op === 'error') {
      const error = errorOf(frame);
      if (error.temporary) {
        const delayMs = fullJitter(entry.attempt++, this.#env.random, this.#limits.backoff);
        this.#wait(entry, error.retryAfterMs + delayMs);
        this.#inFlight.delete(entry.rid);
      } else {
        this.#settle(entry, () => entry.reject(Object.assign(error, { id: entry.event.id })));
      }
    } else {
      const { id = entry.event.id, status = 'accepted', offset = null, sequence = null } = frame;
      this.#settle(entry, () => entry.resolve({ id, status, offset, sequence }));
    }
    return true;
  }

  /** The connection is gone: what was on its way has an unknown fate and goes again, same id, on the next one. */
  disconnected() {
    for (const entry of this.#inFlight.values()) {
      this.#env.clearTimeout(entry.timer);
      entry.timer = undefined;
    }
    this.#inFlight.clear();
  }

  /** Ends every publish that has no answer; whether it was stored is not known. */
  close(error) {
    this.#closed = true;
    for (const entry of [...this.#lanes.values()].flat()) {
      this.#settle(entry, () => entry.reject(error));
    }
  }

  #refusal(event, signal) {
    if (signal?.aborted) {
      return signal.reason;
    }
    if (this.#closed) {
      return new CortexError('closed', 'the client is closed');
    }
    if (this.#pending >= this.#limits.pending) {
      return new CortexError('overloaded', `more than ${this.#limits.pending} publishes are waiting`);
    }
    const bytes = new TextEncoder().encode(JSON.stringify(event.payload ?? {})).length;
    return bytes > PAYLOAD_BYTES_MAX
      ? new CortexError('payload_too_large',
        `the payload has ${bytes} bytes, ${PAYLOAD_BYTES_MAX} are allowed: store an artifact and send a reference`)
      : undefined;
  }

  #wait(entry, delayMs) {
    this.#env.clearTimeout(entry.timer);
    entry.timer = this.#env.setTimeout(() => {
      entry.timer = undefined;
      this.#inFlight.delete(entry.rid);
      this.pump();
    }, delayMs);
  }

  #settle(entry, tell) {
    const queue = this.#lanes.get(entry.lane);
    const index = queue?.indexOf(entry) ?? -1;
    if (index < 0) {
      return;
    }
    this.#env.clearTimeout(entry.timer);
    entry.signal?.removeEventListener('abort', entry.onAbort);
    this.#inFlight.delete(entry.rid);
    this.#pending--;
    queue.splice(index, 1);
    if (queue.length === 0) {
      this.#lanes.delete(entry.lane);
    }
    tell();
    this.pump();
  }
}
