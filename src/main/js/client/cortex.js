// Cortex Realtime client: ordered, durable events over one WebSocket, in browsers and Node.
//
//   import { connect } from '/client/cortex.js';
//   const cortex = connect({ org: 'acme' });
//   for await (const event of cortex.subscribe('acme:planner')) { … }

import { CortexError, ResyncError, errorOf, losesPosition, newId, parseChannel, parseCursor } from './wire.js';
import { fullJitter } from './backoff.js';
import { Cursors } from './cursors.js';
import { Link } from './link.js';
import { Phase, Subscription } from './subscription.js';
import { Publisher } from './publisher.js';
import { Requests } from './requests.js';

export { CortexError, ResyncError };

const DESKTOP_URL = 'ws://127.0.0.1:3693/ws';
const SERVED_AS = '/client/cortex.js';
/** How long `recovered: false` waits for the `resync` frame that tells the reason and the snapshot. */
const RESYNC_DETAIL_MS = 250;

const DEFAULTS = Object.freeze({
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

/** Connects; see cortex.d.ts for every option. Returns at once: what is asked meanwhile waits for the connection. */
export function connect(options = {}) {
  return new Cortex(options);
}

/** Where the server is when nobody says: the one this module was loaded from, else the desktop's. */
export function defaultUrl(moduleUrl = import.meta.url) {
  const url = new URL(moduleUrl);
  return /^https?:$/.test(url.protocol) && url.pathname === SERVED_AS
    ? `${url.protocol === 'https:' ? 'wss' : 'ws'}://${url.host}/ws`
    : DESKTOP_URL;
}

/** One client: one connection, any number of subscriptions and publishes. */
export class Cortex {
  #options;
  #limits;
  #env;
  #link;
  #publisher;
  #requests;
  #cursors;
  #subscriptions = new Map();
  #asked = new Map();
  #listeners = new Map();
  #lagging = new Set();
  #state = 'connecting';
  #scope;
  #firstLiveMs;
  #rids = 0;
  #hurry = () => this.#link.hurry();

  constructor(options) {
    const WebSocket = options.WebSocket ?? globalThis.WebSocket;
    if (!WebSocket) {
      throw new CortexError('bad_request', 'no WebSocket here: pass one, for instance { WebSocket } of the ws package');
    }
    this.#options = options;
    this.#limits = { ...DEFAULTS, ...options.limits };
    this.#env = {
      WebSocket,
      now: options.now ?? Date.now,
      random: options.random ?? Math.random,
      setTimeout: options.setTimeout ?? ((run, ms) => globalThis.setTimeout(run, ms)),
      clearTimeout: options.clearTimeout ?? ((timer) => globalThis.clearTimeout(timer)),
    };
    const backoff = { baseMs: this.#limits.backoffBaseMs, capMs: this.#limits.backoffCapMs };
    const renewable = typeof options.token === 'function';
    this.#publisher = new Publisher(
      this.#env,
      { pending: this.#limits.pendingMax, answerMs: this.#limits.answerMs, backoff },
      (frame) => this.#link.send(frame));
    this.#requests = new Requests(this.#env, this.#limits.answerMs, (frame) => this.#link.send(frame));
    this.#cursors = new Cursors(options.storage, options.url ?? defaultUrl(), this.#env);
    this.#link = new Link(this.#env, { ...this.#limits, backoff, renewable }, (why) => this.#url(why), {
      connecting: (detail) => this.#connecting(detail),
      welcome: (frame) => this.#welcome(frame),
      frame: (frame, bytes) => this.#frame(frame, bytes),
      down: () => this.#down(),
      lost: (reason) => this.#lost(reason),
      error: (error) => this.#emit('error', { error }),
      final: (error) => this.#end(error),
    });
    for (const channel of options.channels ?? []) {
      this.subscribe(channel, { since: options.since });
    }
    globalThis.addEventListener?.('online', this.#hurry);
    this.#link.open();
  }

  /** `connecting`, `live`, `lagging`, `resync` or `closed`. */
  get state() {
    return this.#state;
  }

  /** The open subscriptions. */
  get subscriptions() {
    return [...this.#subscriptions.values()];
  }

  /**
   * Listens: `state` for every change, or one state's name, `backpressure`, `skipped`, `drain`, `error`. Returns the
   * function that stops it.
   */
  on(name, listener) {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /**
   * Subscribes to a channel (default: the `org` option, else everything this client may see). Events come in order,
   * once each, across reconnects. There is one subscription a channel.
   */
  subscribe(channel = this.#options.org, options = {}) {
    if (this.#state === 'closed') {
      throw new CortexError('closed', 'the client is closed');
    }
    const { since, onEvent = this.#options.onEvent, onResync = this.#options.onResync } = options;
    const parsed = channel === undefined || channel === '*' ? undefined : parseChannel(channel);
    const name = parsed?.text ?? '*';
    if (this.#subscriptions.has(name)) {
      throw new CortexError('bad_request', `already subscribed to ${name}`);
    }
    const bounds = { events: this.#limits.bufferEventsMax, bytes: this.#limits.bufferBytesMax };
    const subscription = new Subscription(parsed, {
      attach: (sub) => this.#attach(sub),
      detach: (sub) => this.#detach(sub),
      consumed: (sub) => this.#cursors.save(sub),
      closed: (sub) => this.#forget(sub),
    }, bounds, since ?? this.#cursors.load(name, parsed), onResync);
    this.#subscriptions.set(name, subscription);
    this.#attach(subscription);
    if (onEvent) {
      this.#drive(subscription, onEvent);
    }
    return subscription;
  }

  /**
   * Publishes one event and resolves to `{id, status, offset, sequence}`. It is repeated with the same id until the
   * server has answered, through any number of reconnects; it rejects with a {@link CortexError} when refused for good.
   */
  publish(event, options) {
    return this.#publisher.publish({ orgId: this.#options.org, ...event }, options);
  }

  /** Who is connected to a channel: `{channel, members: [{userId, connections}], total}`. */
  async presence(channel = this.#options.org) {
    if (this.#state === 'closed') {
      throw new CortexError('closed', 'the client is closed');
    }
    return this.#requests.ask({ op: 'presence', channel: parseChannel(channel).text });
  }

  /** A new id for an event: sorts by time. */
  newId() {
    return newId(this.#env.now());
  }

  /** Closes for good: iterations complete, unanswered publishes reject with code `closed` (their fate is not known). */
  close() {
    this.#end(undefined);
  }

  async #url({ expired }) {
    const { url = defaultUrl(), token } = this.#options;
    const text = typeof token === 'function' ? await token({ expired }) : await token;
    const target = new URL(url);
    if (/^http/.test(target.protocol)) {
      target.protocol = target.protocol.replace('http', 'ws');
    }
    if (text) {
      target.searchParams.set('token', text);
    }
    const everything = this.#subscriptions.get('*');
    this.#scope = everything && everything.phase === Phase.DETACHED ? 'all' : 'none';
    if (this.#scope === 'none') {
      target.searchParams.set('subscribe', 'none');
      return target.href;
    }
    const since = everything.cursors.length > 0
      ? everything.cursors
      : [everything.since ?? this.#firstLiveMs ?? []].flat();
    since.forEach((position) => target.searchParams.append('since', position));
    return target.href;
  }

  #connecting(detail) {
    this.#scope = undefined;
    this.#enter('connecting', detail);
  }

  #welcome(frame) {
    this.welcome = frame;
    this.#firstLiveMs ??= this.#env.now();
    for (const subscription of this.#subscriptions.values()) {
      this.#attach(subscription);
    }
    this.#requests.resend();
    this.#publisher.pump();
    this.#settleState();
  }

  #down() {
    this.#asked.clear();
    this.#lagging.clear();
    this.#publisher.disconnected();
    for (const subscription of this.#subscriptions.values()) {
      if (subscription.phase === Phase.ASKED || subscription.phase === Phase.ATTACHED) {
        subscription.phase = Phase.DETACHED;
      }
    }
  }

  /** Asks the server for a subscription's events; does nothing while there is no connection: the welcome will. */
  #attach(subscription) {
    if (subscription.phase !== Phase.DETACHED) {
      return;
    }
    if (subscription.channel === undefined) {
      if (this.#scope === 'none') {
        this.#link.reopen();
      } else if (this.#link.live) {
        subscription.phase = Phase.ATTACHED;
      }
      return;
    }
    const rid = `s${++this.#rids}`;
    const since = subscription.resumeFrom;
    if (this.#link.send({ op: 'subscribe', rid, channel: subscription.name, since })) {
      subscription.phase = Phase.ASKED;
      this.#asked.set(rid, { subscription, since });
    }
  }

  #detach(subscription) {
    if (subscription.channel === undefined) {
      if (this.#scope === 'all') {
        this.#link.reopen();
      }
    } else {
      this.#link.send({ op: 'unsubscribe', rid: `u${++this.#rids}`, channel: subscription.name });
    }
  }

  #frame(frame, bytes) {
    if (frame.op === undefined) {
      for (const subscription of this.#subscriptions.values()) {
        subscription.offer(frame, bytes);
      }
      return;
    }
    if (frame.rid !== undefined && this.#answered(frame)) {
      return;
    }
    switch (frame.op) {
      case 'resync':
        this.#holes(frame);
        break;
      case 'lagging':
        this.#lagging.add(frame.channel);
        this.#settleState(frame);
        break;
      case 'caughtup':
        this.#lagging.delete(frame.channel);
        this.#settleState(frame);
        break;
      case 'skipped':
        this.#concerned(frame.channel).forEach((subscription) => subscription.cover(frame.cursor));
        this.#emit('skipped', frame);
        break;
      case 'pong':
        // Asked only after a long silence, so nothing that this cursor covers is still on its way.
        this.#subscriptions.forEach((subscription) => this.#coverQuiet(subscription, frame.cursor));
        break;
      case 'error':
        this.#emit('error', { error: errorOf(frame) });
        break;
      default:
        this.#emit(frame.op, frame);
    }
  }

  /** A pong's cursor is of one log: it moves only what stands in that log. */
  #coverQuiet(subscription, cursor) {
    const logId = parseCursor(cursor)?.logId;
    if (subscription.cursors.some((own) => parseCursor(own)?.logId === logId)) {
      subscription.cover(cursor);
    }
  }

  #answered(frame) {
    if (this.#publisher.answered(frame) || this.#requests.answered(frame)) {
      return true;
    }
    const asked = this.#asked.get(frame.rid);
    if (asked) {
      this.#asked.delete(frame.rid);
      this.#subscribed(asked, frame);
      return true;
    }
    // Answers of the past, and those nobody waits for.
    return frame.op === 'ok' || (frame.op === 'error' && /^u\d/.test(frame.rid));
  }

  #subscribed({ subscription, since }, frame) {
    if (subscription.phase !== Phase.ASKED) {
      return;
    }
    if (frame.op === 'error') {
      this.#refused(subscription, errorOf(frame));
    } else if (frame.op === 'resync') {
      this.#holes({ ...frame, channel: subscription.name });
    } else {
      subscription.phase = Phase.ATTACHED;
      if (since === undefined) {
        subscription.cover(frame.cursor);
      } else if (frame.recovered === false) {
        this.#unrecovered(subscription);
      }
    }
    this.#settleState();
  }

  #refused(subscription, error) {
    if (losesPosition(error)) {
      this.#holes({ channel: subscription.name, reason: error.code });
    } else if (error.temporary) {
      subscription.phase = Phase.DETACHED;
      const backoff = { baseMs: this.#limits.backoffBaseMs, capMs: this.#limits.backoffCapMs };
      const delayMs = error.retryAfterMs + fullJitter(2, this.#env.random, backoff);
      this.#env.setTimeout(() => this.#attach(subscription), delayMs);
    } else {
      this.#subscriptions.delete(subscription.name);
      subscription.end(error);
      this.#emit('error', { error, channel: subscription.name });
    }
  }

  /** Not recovered: nothing is taken in until the `resync` frame, or its absence, says why. */
  #unrecovered(subscription) {
    subscription.phase = Phase.RESYNCING;
    this.#env.setTimeout(() => {
      if (subscription.phase === Phase.RESYNCING && !subscription.deciding) {
        this.#hole(subscription, { channel: subscription.name, reason: 'not_recovered' });
      }
    }, RESYNC_DETAIL_MS);
  }

  #concerned(channel) {
    return this.subscriptions.filter((subscription) => subscription.concerns(channel));
  }

  #lost(reason) {
    for (const subscription of this.#subscriptions.values()) {
      if (subscription.cursors.length > 0 || subscription.since !== undefined) {
        this.#hole(subscription, { channel: subscription.name, reason });
      }
    }
  }

  #holes({ channel, reason = 'resync', snapshot }) {
    this.#concerned(channel).forEach((subscription) => this.#hole(subscription, { channel, reason, snapshot }));
  }

  /** A position cannot be resumed: the application says where to go on, or its iteration throws. Never silently. */
  async #hole(subscription, { channel, reason, snapshot }) {
    const orgId = channel === '*' ? undefined : parseChannel(channel).orgId;
    const whole = subscription.channel !== undefined || orgId === undefined;
    if (subscription.deciding || subscription.phase === Phase.ENDED || subscription.lostOrgs.has(orgId)) {
      return;
    }
    const info = { channel, reason, snapshot, cursors: subscription.consumedCursors };
    this.#enter('resync', info);
    if (!subscription.onResync) {
      this.#forget(subscription);
      subscription.endByResync(info);
      this.#settleState();
      return;
    }
    if (whole) {
      subscription.phase = Phase.RESYNCING;
      subscription.deciding = true;
    } else {
      subscription.lostOrgs.add(orgId);
    }
    let since;
    try {
      since = await subscription.onResync(info);
    } catch (error) {
      subscription.end(error);
      this.#forget(subscription);
    }
    this.#goOn(subscription, whole, orgId, channel, since);
  }

  #goOn(subscription, whole, orgId, channel, since) {
    subscription.deciding = false;
    subscription.lostOrgs.delete(orgId);
    if (subscription.phase !== Phase.ENDED) {
      subscription.restart(orgId, since);
      if (whole) {
        subscription.phase = Phase.DETACHED;
        this.#attach(subscription);
      } else {
        this.#link.send({ op: 'subscribe', rid: `o${++this.#rids}`, channel, since });
      }
    }
    this.#settleState();
  }

  /** The state that follows from what is asked, lagging or being decided. */
  #settleState(detail = {}) {
    if (!this.#link.live || this.#asked.size > 0) {
      return;
    }
    const deciding = this.subscriptions.some((subscription) => subscription.phase === Phase.RESYNCING);
    this.#enter(deciding ? 'resync' : this.#lagging.size > 0 ? 'lagging' : 'live', detail);
  }

  #enter(state, detail = {}) {
    if (this.#state === 'closed' || (this.#state === state && state !== 'connecting' && state !== 'resync')) {
      return;
    }
    this.#state = state;
    this.#emit(state, detail);
    this.#emit('state', { ...detail, state });
  }

  #emit(name, detail) {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      listener(detail);
    }
  }

  /** A callback is an iteration too: one event at a time, in order, the next after the last one's promise. */
  async #drive(subscription, onEvent) {
    try {
      for await (const event of subscription) {
        try {
          await onEvent(event);
        } catch (error) {
          this.#emit('error', { error, event });
        }
      }
    } catch (error) {
      this.#emit('error', { error, channel: subscription.name });
    }
  }

  #forget(subscription) {
    if (this.#subscriptions.get(subscription.name) === subscription) {
      this.#cursors.save(subscription, true);
      this.#subscriptions.delete(subscription.name);
      this.#detach(subscription);
    }
  }

  #end(error) {
    if (this.#state === 'closed') {
      return;
    }
    globalThis.removeEventListener?.('online', this.#hurry);
    for (const subscription of this.subscriptions) {
      this.#cursors.save(subscription, true);
      subscription.end(error);
    }
    this.#subscriptions.clear();
    this.#link.close();
    const closed = error ?? new CortexError('closed', 'the client is closed');
    this.#publisher.close(closed);
    this.#requests.close(closed);
    this.#enter('closed', { error });
  }
}
