// One subscription: which events are its own, which it has, and the bounded buffer between the socket and its reader.

import { CortexError, ResyncError, covers, parseCursor } from './wire.js';

/** Where a subscription stands with the server. */
export const Phase = Object.freeze({
  /** Waits for a connection. */
  DETACHED: 'detached',
  /** Asked, not answered. */
  ASKED: 'asked',
  /** Events flow. */
  ATTACHED: 'attached',
  /** The buffer is full: the server was told to stop, and the reader decides when it goes on. */
  PAUSED: 'paused',
  /** A position was lost and the application decides where to go on. */
  RESYNCING: 'resyncing',
  /** Over. */
  ENDED: 'ended',
});

/**
 * An ordered stream of events without gaps or repeats: iterate it with `for await`, once. What it has not handed out
 * yet waits in a buffer; past its bound the stream pauses at the server and resumes from there, so nothing is lost.
 */
export class Subscription {
  #host;
  #bounds;
  #buffer = [];
  #head = 0;
  #bytes = 0;
  #waiting;
  #handed;
  #error;
  #received = new Map();
  #consumed = new Map();

  /** Position asked for at the start: a cursor, `{sequence}`, Unix milliseconds, or undefined for live from now. */
  since;
  /** One of {@link Phase}. */
  phase = Phase.DETACHED;
  /** Whether the application is deciding where to go on. */
  deciding = false;
  /** After a hole: the cursor from which the server goes on live, if it told. */
  liveFrom;
  /** What became of events so far. */
  counts = { delivered: 0, duplicates: 0, pauses: 0 };

  /**
   * @param channel parsed channel; undefined means everything this client may see
   * @param host `attach(sub)`, `detach(sub)`, `consumed(sub)`, `closed(sub)`: what the subscription asks of its client
   * @param bounds `{events, bytes}` of the buffer
   * @param onResync decides where to go on after a hole; without one the iteration throws
   */
  constructor(channel, host, bounds, since, onResync) {
    this.channel = channel;
    this.#host = host;
    this.#bounds = bounds;
    this.since = since;
    this.onResync = onResync;
  }

  /** The channel's text, `*` for everything. */
  get name() {
    return this.channel?.text ?? '*';
  }

  /** Cursors of the last events received, one an org. */
  get cursors() {
    return [...this.#received.values()].map((position) => position.cursor);
  }

  /** Cursors of the last events the reader is done with: what to keep for the next start. */
  get consumedCursors() {
    return Object.fromEntries([...this.#consumed].map(([orgId, position]) => [orgId, position.cursor]));
  }

  /** Events that wait for the reader. */
  get buffered() {
    return this.#buffer.length - this.#head;
  }

  /** What to tell the server this channel was last seen at. */
  get resumeFrom() {
    return this.#received.get(this.channel?.orgId)?.cursor ?? this.since;
  }

  /** Whether events are taken in: not before the server's answer, for what comes earlier may lie past a gap. */
  get listening() {
    return this.phase === Phase.ATTACHED;
  }

  /** Whether frames about this channel name concern the subscription. */
  concerns(channelText) {
    return this.channel === undefined || this.channel.text === channelText;
  }

  /** Takes an event that arrived, unless it is another's, a repeat, or past a hole. */
  offer(event, bytes) {
    if (!this.listening || !covers(this.channel, event)) {
      return;
    }
    const position = parseCursor(event.cursor) ?? { logId: '', offset: event.offset, cursor: event.cursor };
    const before = this.#received.get(event.orgId);
    if (before && before.logId === position.logId && position.offset <= before.offset) {
      this.counts.duplicates++;
      return;
    }
    this.#received.set(event.orgId, position);
    this.#push({ event, bytes, position });
    if (this.buffered >= this.#bounds.events || this.#bytes >= this.#bounds.bytes) {
      this.phase = Phase.PAUSED;
      this.counts.pauses++;
      this.#host.detach(this);
    }
  }

  /** Notes that everything up to a cursor is covered although no event came: skipped ones, or none for this channel. */
  cover(cursor, orgId = this.#orgOf(cursor)) {
    const position = parseCursor(cursor);
    const before = this.#received.get(orgId);
    if (position && orgId !== undefined && this.listening
        && (!before || before.logId !== position.logId || before.offset < position.offset)) {
      this.#received.set(orgId, position);
      if (this.buffered === 0 && this.#handed === undefined) {
        this.#consumed.set(orgId, position);
      }
    }
  }

  /** Forgets what was received and goes on from a new place; nothing means live from now. */
  restart(since) {
    this.#received.clear();
    this.since = since;
  }

  /** Ends the stream: with an error the reader gets it after what is buffered, without one the iteration completes. */
  end(error) {
    if (this.phase === Phase.ENDED) {
      return;
    }
    this.phase = Phase.ENDED;
    this.#error = error;
    if (this.#waiting && this.buffered === 0) {
      const { resolve, reject } = this.#waiting;
      this.#waiting = undefined;
      this.#finish(resolve, reject);
    }
  }

  /** Ends the stream by hole: the reader gets a {@link ResyncError}. */
  endByResync(info) {
    this.end(new ResyncError(info));
  }

  /** Stops the subscription; what is buffered is dropped. */
  close() {
    const wasOpen = this.phase !== Phase.ENDED;
    this.#buffer = [];
    this.#head = 0;
    this.#bytes = 0;
    this.end();
    if (wasOpen) {
      this.#host.closed(this);
    }
  }

  /** The next event; resolves with `done` once the stream has ended. */
  next() {
    this.#settle();
    if (this.#waiting) {
      return Promise.reject(new CortexError('bad_request', 'a subscription has one reader at a time'));
    }
    if (this.buffered > 0) {
      return Promise.resolve({ done: false, value: this.#take() });
    }
    return new Promise((resolve, reject) => {
      if (this.phase === Phase.ENDED) {
        this.#finish(resolve, reject);
      } else {
        this.#waiting = { resolve, reject };
      }
    });
  }

  /** Called by `break` in a `for await`. */
  async return() {
    this.#settle();
    this.close();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /** Asking for the next event says that the reader is done with the one before. */
  #settle() {
    if (this.#handed) {
      this.#consumed.set(this.#handed.event.orgId, this.#handed.position);
      this.#handed = undefined;
      this.#host.consumed(this);
    }
  }

  #push(entry) {
    this.#buffer.push(entry);
    this.#bytes += entry.bytes;
    if (this.#waiting) {
      const { resolve } = this.#waiting;
      this.#waiting = undefined;
      resolve({ done: false, value: this.#take() });
    }
  }

  #take() {
    const entry = this.#buffer[this.#head];
    this.#buffer[this.#head++] = undefined;
    this.#bytes -= entry.bytes;
    // Moving the rest down once per half buffer keeps taking cheap and the array short.
    if (this.#head * 2 >= this.#buffer.length) {
      this.#buffer = this.#buffer.slice(this.#head);
      this.#head = 0;
    }
    this.#handed = entry;
    this.counts.delivered++;
    if (this.phase === Phase.PAUSED
        && this.buffered <= this.#bounds.events / 2 && this.#bytes <= this.#bounds.bytes / 2) {
      this.phase = Phase.DETACHED;
      this.#host.attach(this);
    }
    return entry.event;
  }

  #finish(resolve, reject) {
    const error = this.#error;
    this.#error = undefined;
    if (error) {
      reject(error);
    } else {
      resolve({ done: true, value: undefined });
    }
  }

  #orgOf(cursor) {
    if (this.channel) {
      return this.channel.orgId;
    }
    const logId = parseCursor(cursor)?.logId;
    return [...this.#received].find(([, position]) => position.logId === logId)?.[0];
  }
}
