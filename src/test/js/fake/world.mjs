// A world without clock, chance or network: time moves when told, chance is seeded, sockets are played by the test.

import { connect } from '../../../main/js/client/cortex.js';

/** Lets every promise that can settle do so. */
export async function settled() {
  await new Promise((resolve) => setImmediate(resolve));
}

/** A small generator with a seed, numbers from 0 to 1. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Builds a world with its own clock, sockets and client. */
export function world(options = {}) {
  const timers = new Map();
  const sockets = [];
  let nowMs = 1_764_000_000_000;
  let timerIds = 0;

  class FakeSocket {
    constructor(url, protocols) {
      Object.assign(this, { url: new URL(url), protocols, readyState: 0, sent: [], closedWith: undefined });
      sockets.push(this);
    }

    send(text) {
      this.sent.push(JSON.parse(text));
    }

    close(code) {
      this.readyState = 3;
      this.closedWith = code;
    }

    /** The server accepts the connection. */
    welcome() {
      this.readyState = 1;
      this.say({ op: 'welcome', connection: 'c', resumeToken: 't', server: 's', profile: 'local', limits: {} });
    }

    /** The server accepts a plain client: it says nothing. */
    opened() {
      this.readyState = 1;
      this.onopen();
    }

    /** The server sends a frame. */
    say(frame) {
      this.onmessage({ data: JSON.stringify(frame) });
    }

    /** The server, or the net, ends the connection. */
    end(code = 1006, reason = '') {
      this.readyState = 3;
      this.onclose({ code, reason });
    }

    /** Frames sent with an op, oldest first. */
    sentOf(op) {
      return this.sent.filter((frame) => frame.op === op);
    }

    /** Answers every subscribe that has no answer yet. */
    subscribed(extra = {}) {
      for (const { rid, channel } of this.sentOf('subscribe').filter((frame) => !frame.answered)) {
        this.sent.find((frame) => frame.rid === rid).answered = true;
        this.say({ op: 'subscribed', rid, channel, cursor: cursor(0), recovered: true, replayed: 0, ...extra });
      }
    }
  }

  const env = {
    WebSocket: FakeSocket,
    now: () => nowMs,
    random: seeded(7),
    setTimeout: (run, ms) => {
      timers.set(++timerIds, { run, at: nowMs + ms });
      return timerIds;
    },
    clearTimeout: (id) => timers.delete(id),
  };

  const self = {
    sockets,
    env,
    states: [],
    /** The newest socket. */
    get socket() {
      return sockets.at(-1);
    },
    /** Moves time; timers run in order, at their time. */
    async pass(ms) {
      const endMs = nowMs + ms;
      for (;;) {
        const [id, next] = [...timers].sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0] ?? [];
        if (next === undefined || next.at > endMs) {
          break;
        }
        timers.delete(id);
        nowMs = Math.max(nowMs, next.at);
        next.run();
        await settled();
      }
      nowMs = endMs;
      await settled();
    },
    /** Waits for the next socket to be opened, at most one backoff away. */
    async reconnected() {
      const before = sockets.length;
      for (let waitedMs = 0; sockets.length === before; waitedMs += 50) {
        if (waitedMs > 30_000) {
          throw new Error('no reconnect within the cap of the backoff');
        }
        await self.pass(50);
      }
      return self.socket;
    },
  };
  self.cortex = connect({ url: 'ws://127.0.0.1:3693/ws', ...env, ...options });
  self.cortex.on('state', ({ state }) => self.states.push(state));
  return self;
}

/** The text of a position. */
export function cursor(offset, logId = 'aaaaaaaaaaaaa') {
  return `${logId}.${offset}`;
}

/** An event as the server sends it. */
export function event(offset, { orgId = 'acme', logId, ...rest } = {}) {
  return {
    id: `e-${orgId}-${offset}`, orgId, userId: 'user-1', type: 'agent.completed', payload: { offset },
    timestamp: 1_764_000_000_000, offset, cursor: cursor(offset, logId), receivedAt: 1_764_000_000_000, ...rest,
  };
}

/** Reads a subscription in the background; `offsets` grows as events come. */
export function reading(subscription) {
  const read = { offsets: [], events: [], error: undefined, done: false };
  (async () => {
    try {
      for await (const one of subscription) {
        read.offsets.push(one.offset);
        read.events.push(one);
      }
    } catch (error) {
      read.error = error;
    }
    read.done = true;
  })();
  return read;
}

/** Makes a world that is connected and subscribed to one channel, with a reader. */
export async function subscribedWorld(channel = 'acme', options = {}, subscribeOptions = {}) {
  const made = world(options);
  made.subscription = made.cortex.subscribe(channel, subscribeOptions);
  made.read = reading(made.subscription);
  await settled();
  made.socket.welcome();
  made.socket.subscribed();
  await settled();
  return made;
}
