// The roster: every subscription of a client, what was asked of the server for it, and what happens at a hole.

import { CortexError, errorOf, losesPosition, overlap, parseCursor } from './wire.js';
import { fullJitter } from './backoff.js';
import { Phase } from './subscription.js';

/** How long `recovered: false` waits for the `resync` frame that tells the reason and the snapshot. */
const RESYNC_DETAIL_MS = 250;
/** A subscribe that was refused for a moment is drawn from this attempt's bound of the backoff. */
const RETRY_ATTEMPT = 2;

/**
 * Attaches subscriptions to each connection and detaches them. No two of them overlap: the server sends an event once a
 * connection, so a replay for one would mix with what is live for the other.
 */
export class Roster {
  #env;
  #backoff;
  #client;
  #subscriptions = new Map();
  #asked = new Map();
  #scope;
  #rids = 0;

  /**
   * @param env `{random, setTimeout}`
   * @param backoff `{baseMs, capMs}`
   * @param client `send(frame)`, `reopen()`, `live()`, `resync(hole)`, `settled()`, `refused(error, channel)`,
   *     `save(subscription, atOnce)`
   */
  constructor(env, backoff, client) {
    this.#env = env;
    this.#backoff = backoff;
    this.#client = client;
  }

  /** The open subscriptions. */
  get all() {
    return [...this.#subscriptions.values()];
  }

  /** Whether a subscribe has no answer yet. */
  get asking() {
    return this.#asked.size > 0;
  }

  /** Whether a subscription waits for a decision on where to go on. */
  get deciding() {
    return this.all.some((subscription) => subscription.phase === Phase.RESYNCING);
  }

  /** Takes a new subscription in; one that has events in common with another is refused. */
  add(subscription) {
    const other = this.all.find(({ channel }) => overlap(channel, subscription.channel));
    if (other) {
      throw new CortexError('bad_request',
        `${subscription.name} overlaps the subscription to ${other.name}: filter its events, or use another client`);
    }
    this.#subscriptions.set(subscription.name, subscription);
    this.attach(subscription);
  }

  /**
   * What the next connection asks for by its URL: everything, the way a plain client does, or nothing yet.
   *
   * @param lastLiveMs Unix milliseconds of the last connection's end: from there on for orgs not heard of before
   */
  scope(lastLiveMs) {
    const everything = this.#subscriptions.get('*');
    this.#scope = everything && everything.phase === Phase.DETACHED ? 'all' : 'none';
    if (this.#scope === 'none') {
      return { plain: false, query: [['subscribe', 'none']] };
    }
    const since = [...everything.cursors, ...[lastLiveMs ?? everything.since ?? []].flat()];
    return { plain: true, query: since.map((position) => ['since', position]) };
  }

  /** A new try begins: its URL is not made yet. */
  connecting() {
    this.#scope = undefined;
  }

  /** A connection stands: everything is asked for from where it was. */
  connected() {
    this.all.forEach((subscription) => this.attach(subscription));
  }

  /** The connection is gone, and with it every answer that was awaited. */
  disconnected() {
    this.#asked.clear();
    for (const subscription of this.#subscriptions.values()) {
      if (subscription.phase === Phase.ASKED || subscription.phase === Phase.ATTACHED) {
        subscription.phase = Phase.DETACHED;
      }
    }
  }

  /** Hands an event to those it concerns. */
  offer(event, bytes) {
    for (const subscription of this.#subscriptions.values()) {
      subscription.offer(event, bytes);
    }
  }

  /** Asks the server for a subscription's events; does nothing while there is no connection: the welcome will. */
  attach(subscription) {
    if (subscription.phase !== Phase.DETACHED) {
      return;
    }
    if (subscription.channel === undefined) {
      if (this.#scope === 'none') {
        this.#client.reopen();
      } else if (this.#client.live()) {
        subscription.phase = Phase.ATTACHED;
      }
      return;
    }
    const rid = `s${++this.#rids}`;
    const since = subscription.resumeFrom;
    if (this.#client.send({ op: 'subscribe', rid, channel: subscription.name, since })) {
      subscription.phase = Phase.ASKED;
      this.#asked.set(rid, { subscription, since });
    }
  }

  /** Tells the server to stop: the reader is behind, or gone. */
  detach(subscription) {
    if (subscription.channel === undefined) {
      if (this.#scope === 'all') {
        this.#client.reopen();
      }
    } else {
      this.#client.send({ op: 'unsubscribe', rid: `u${++this.#rids}`, channel: subscription.name });
    }
  }

  /** The reader of a subscription is done with another event. */
  consumed(subscription) {
    this.#client.save(subscription, false);
  }

  /** A subscription was closed by its reader. */
  closed(subscription) {
    this.#forget(subscription);
  }

  /** Skipped on purpose: covered all the same. */
  skipped({ channel, cursor }) {
    this.#concerned(channel).forEach((subscription) => subscription.cover(cursor));
  }

  /** A pong tells what is covered: a cursor moves only what stands in its log. */
  quiet({ cursor, cursors = {} }) {
    for (const covered of [cursor, ...Object.values(cursors)]) {
      const logId = parseCursor(covered)?.logId;
      for (const subscription of this.#subscriptions.values()) {
        if (subscription.cursors.some((own) => parseCursor(own)?.logId === logId)) {
          subscription.cover(covered);
        }
      }
    }
  }

  /** Takes an answer; false when it answers nothing asked here. */
  answered(frame) {
    const asked = this.#asked.get(frame.rid);
    if (asked) {
      this.#asked.delete(frame.rid);
      this.#subscribed(asked, frame);
      return true;
    }
    // Nobody waits for the answer to an unsubscribe.
    return /^u\d/.test(frame.rid);
  }

  /** Close code 4410: whatever had a position has lost it. */
  lost(reason) {
    for (const subscription of this.#subscriptions.values()) {
      if (subscription.cursors.length > 0 || subscription.since !== undefined) {
        this.#hole(subscription, { channel: subscription.name, reason });
      }
    }
  }

  /** A `resync` frame: replay is impossible for a channel. */
  holes({ channel, reason = 'resync', snapshot }) {
    this.#concerned(channel).forEach((subscription) => this.#hole(subscription, { channel, reason, snapshot }));
  }

  /** Ends every subscription. */
  close(error) {
    for (const subscription of this.#subscriptions.values()) {
      this.#client.save(subscription, true);
      subscription.end(error);
    }
    this.#subscriptions.clear();
  }

  #subscribed({ subscription, since }, frame) {
    if (subscription.phase !== Phase.ASKED) {
      return;
    }
    if (frame.op === 'error') {
      this.#refused(subscription, errorOf(frame));
    } else if (frame.op === 'resync') {
      this.holes({ ...frame, channel: subscription.name });
    } else {
      subscription.phase = Phase.ATTACHED;
      if (since === undefined) {
        subscription.cover(frame.cursor);
      } else if (frame.recovered === false) {
        this.#unrecovered(subscription, frame.cursor);
      }
    }
    this.#client.settled();
  }

  #refused(subscription, error) {
    if (losesPosition(error)) {
      this.holes({ channel: subscription.name, reason: error.code });
    } else if (error.temporary) {
      subscription.phase = Phase.DETACHED;
      const delayMs = error.retryAfterMs + fullJitter(RETRY_ATTEMPT, this.#env.random, this.#backoff);
      this.#env.setTimeout(() => this.attach(subscription), delayMs);
    } else {
      this.#subscriptions.delete(subscription.name);
      subscription.end(error);
      this.#client.refused(error, subscription.name);
    }
  }

  /** Not recovered: nothing is taken in until the `resync` frame, or its absence, says why. */
  #unrecovered(subscription, liveFrom) {
    subscription.liveFrom = liveFrom;
    subscription.phase = Phase.RESYNCING;
    this.#env.setTimeout(() => {
      if (subscription.phase === Phase.RESYNCING && !subscription.deciding) {
        this.#hole(subscription, { channel: subscription.name, reason: 'not_recovered' });
      }
    }, RESYNC_DETAIL_MS);
  }

  #concerned(channel) {
    return this.all.filter((subscription) => subscription.concerns(channel));
  }

  /** A position cannot be resumed: the application says where to go on, or its iteration throws. Never silently. */
  async #hole(subscription, { channel, reason, snapshot }) {
    if (subscription.deciding || subscription.phase === Phase.ENDED) {
      return;
    }
    const hole = { channel, reason, snapshot, cursors: subscription.consumedCursors };
    this.#client.resync(hole);
    if (!subscription.onResync) {
      this.#forget(subscription);
      subscription.endByResync(hole);
      this.#client.settled();
      return;
    }
    subscription.phase = Phase.RESYNCING;
    subscription.deciding = true;
    try {
      this.#goOn(subscription, await subscription.onResync(hole));
    } catch (error) {
      this.#forget(subscription);
      subscription.end(error);
    }
    this.#client.settled();
  }

  #goOn(subscription, since) {
    subscription.deciding = false;
    if (subscription.phase !== Phase.ENDED) {
      subscription.restart(since ?? subscription.liveFrom);
      subscription.liveFrom = undefined;
      subscription.phase = Phase.DETACHED;
      this.attach(subscription);
    }
  }

  #forget(subscription) {
    if (this.#subscriptions.get(subscription.name) === subscription) {
      this.#client.save(subscription, true);
      this.#subscriptions.delete(subscription.name);
      this.detach(subscription);
    }
  }
}
