// The link: one live socket at a time, kept alive for as long as the server can be expected to take it back.

import { CLOSE_EXPIRED, CLOSE_RESYNC, CLOSE_TOO_MANY, CortexError, finalClose } from './wire.js';
import { fullJitter } from './backoff.js';

const PROTOCOL = 'cortex.v1';
const OPEN = 1;
/** A refused crowd waits longer than a broken line: the try after 4429 is drawn from at least this attempt's bound. */
const ATTEMPT_AFTER_TOO_MANY = 4;
/** A connection has to last before the backoff starts over; else connect-and-drop would hammer the server. */
const STABLE_MS = 5_000;

export class Link {
  #env;
  #limits;
  #resolve;
  #to;
  #socket;
  #round = 0;
  #attempt = 0;
  #live = false;
  #closed = false;
  #pings = 0;
  #heardMs = 0;
  #expiredOnce = false;
  #drainUntil = 0;
  #timers = new Map();

  /**
   * @param env `{WebSocket, now, random, setTimeout, clearTimeout}`
   * @param limits `{connectMs, quietMs, pongMs, backoff, renewable}`; renewable: the token comes from a function
   * @param resolve `({expired}) => {url, plain}`, may be async: called before every try, so that it can bring a fresh
   *     token; plain asks for no subprotocol: then no welcome comes, and none is waited for
   * @param to receives `connecting({attempt, delayMs})`, `welcome(frame)`, `frame(frame, bytes)`, `down()`,
   *     `lost(reason)` for a position that cannot be resumed, `error(error)` for a frame that cannot be read,
   *     `final(error)`
   */
  constructor(env, limits, resolve, to) {
    this.#env = env;
    this.#limits = limits;
    this.#resolve = resolve;
    this.#to = to;
  }

  /** Whether frames can be sent now. */
  get live() {
    return this.#live;
  }

  /** Starts the first try. */
  open() {
    this.#to.connecting({ attempt: 0, delayMs: 0 });
    this.#try();
  }

  /** Sends one frame; false when the link is down, and then the sender keeps it for the next welcome. */
  send(frame) {
    if (!this.#live || this.#socket.readyState !== OPEN) {
      return false;
    }
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Drops the socket and connects anew at once: the way to change what the URL asks for. */
  reopen() {
    if (!this.#closed) {
      this.#drop(1000);
      this.#again(0);
    }
  }

  /** Cuts a wait short, for instance when the machine is back online. */
  hurry() {
    if (!this.#closed && this.#timers.has('retry')) {
      this.#after('retry', Math.floor(this.#env.random() * this.#limits.backoff.baseMs), () => this.#try());
    }
  }

  /** Ends the link for good. */
  close() {
    this.#closed = true;
    this.#drop(1000);
  }

  async #try() {
    const round = ++this.#round;
    let target;
    try {
      target = await this.#resolve({ expired: this.#expiredOnce });
    } catch {
      // The token could not be fetched: as temporary as any other failed try.
      target = undefined;
    }
    if (this.#closed || round !== this.#round) {
      return;
    }
    if (target === undefined) {
      this.#again();
      return;
    }
    const socket = new this.#env.WebSocket(target.url, target.plain ? [] : [PROTOCOL]);
    this.#socket = socket;
    this.#after('connect', this.#limits.connectMs, () => this.#fail());
    const current = (react) => (event) => {
      if (socket === this.#socket) {
        react(event);
      }
    };
    if (target.plain) {
      socket.onopen = current(() => this.#welcome({}));
    }
    socket.onmessage = current((event) => this.#receive(event.data));
    socket.onclose = current((event) => this.#closedBy(event.code, event.reason));
    // A close event follows every error event and carries the code.
    socket.onerror = () => {};
  }

  #receive(text) {
    let frame;
    try {
      frame = JSON.parse(text);
    } catch (cause) {
      this.#to.error(new CortexError('bad_frame', `the server sent a frame that is no JSON: ${cause.message}`));
      this.#fail();
      return;
    }
    this.#heardMs = this.#env.now();
    this.#cancel('pong');
    if (!this.#live) {
      if (frame.op === 'welcome') {
        this.#welcome(frame);
      }
      return;
    }
    if (frame.op === 'drain') {
      this.#drain(frame.reconnectWithinMs ?? 0);
    }
    this.#to.frame(frame, text.length);
  }

  #welcome(frame) {
    this.#live = true;
    this.#expiredOnce = false;
    this.#drainUntil = 0;
    this.#cancel('connect');
    this.#after('stable', STABLE_MS, () => (this.#attempt = 0));
    this.#listen(this.#limits.quietMs);
    this.#to.welcome(frame);
  }

  /** Any frame proves life; after a silence a ping asks for it: a socket that slept says open and may be dead. */
  #listen(delayMs) {
    this.#after('quiet', delayMs, () => {
      const quietMs = this.#env.now() - this.#heardMs;
      if (quietMs >= 0 && quietMs < this.#limits.quietMs) {
        this.#listen(this.#limits.quietMs - quietMs);
        return;
      }
      this.send({ op: 'ping', rid: `ping-${++this.#pings}` });
      this.#after('pong', this.#limits.pongMs, () => this.#fail());
      this.#listen(this.#limits.quietMs);
    });
  }

  /** The node is going away: leave at a random moment, so that its clients do not arrive elsewhere as one. */
  #drain(withinMs) {
    const delayMs = Math.floor(this.#env.random() * withinMs);
    this.#drainUntil = this.#env.now() + delayMs;
    this.#after('drain', delayMs, () => {
      this.#drainUntil = 0;
      this.reopen();
    });
  }

  #closedBy(code, reason) {
    const final = finalClose(code, reason);
    if (final && !(code === CLOSE_EXPIRED && this.#limits.renewable && !this.#expiredOnce)) {
      this.#end(final);
      return;
    }
    if (code === CLOSE_EXPIRED) {
      this.#expiredOnce = true;
    }
    if (code === CLOSE_TOO_MANY) {
      this.#attempt = Math.max(this.#attempt, ATTEMPT_AFTER_TOO_MANY);
    }
    const drainMs = this.#drainUntil - this.#env.now();
    this.#drop();
    if (code === CLOSE_RESYNC) {
      this.#to.lost(reason || 'resync');
    }
    if (!this.#closed) {
      this.#again(drainMs > 0 ? drainMs : undefined);
    }
  }

  #fail() {
    this.#drop(1000);
    this.#again();
  }

  #end(error) {
    this.#closed = true;
    this.#drop();
    this.#to.final(error);
  }

  /** Forgets the socket first: what it still says is of the past, and a half-open one may never say it is closed. */
  #drop(code) {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#round++;
    for (const name of [...this.#timers.keys()]) {
      this.#cancel(name);
    }
    const wasLive = this.#live;
    this.#live = false;
    if (socket && code !== undefined) {
      socket.close(code);
    }
    if (wasLive) {
      this.#to.down();
    }
  }

  #again(delayMs = fullJitter(this.#attempt, this.#env.random, this.#limits.backoff)) {
    this.#attempt++;
    this.#to.connecting({ attempt: this.#attempt, delayMs });
    this.#after('retry', delayMs, () => this.#try());
  }

  #after(name, delayMs, run) {
    this.#cancel(name);
    this.#timers.set(name, this.#env.setTimeout(() => {
      this.#timers.delete(name);
      run();
    }, delayMs));
  }

  #cancel(name) {
    if (this.#timers.has(name)) {
      this.#env.clearTimeout(this.#timers.get(name));
      this.#timers.delete(name);
    }
  }
}
