// Cortex Realtime client: ordered, durable events over one WebSocket, in browsers and Node.
//
//   import { connect } from '/client/cortex.js';
//   const cortex = connect({ org: 'acme' });
//   for await (const event of cortex.subscribe('acme:planner')) { … }

import { CortexError, ResyncError, errorOf, newId, parseChannel } from './wire.js';
import { Cursors } from './cursors.js';
import { Link } from './link.js';
import { defaultUrl, placeOf } from './place.js';
import { Publisher } from './publisher.js';
import { Requests } from './requests.js';
import { Roster } from './roster.js';
import { environmentOf, limitsOf } from './settings.js';
import { Subscription } from './subscription.js';

export { CortexError, ResyncError, defaultUrl };

/** Connects; see cortex.d.ts for every option. Returns at once: what is asked meanwhile waits for the connection. */
export function connect(options = {}) {
  return new Cortex(options);
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
  #roster;
  #listeners = new Map();
  #lagging = new Set();
  #state = 'connecting';
  #lastLiveMs;
  #hurry = () => this.#link.hurry();

  constructor(options) {
    this.#options = options;
    this.#limits = limitsOf(options);
    this.#env = environmentOf(options);
    const { pendingMax, answerMs, backoff } = this.#limits;
    const send = (frame) => this.#link.send(frame);
    this.#publisher = new Publisher(this.#env, { pending: pendingMax, answerMs, backoff }, send);
    this.#requests = new Requests(this.#env, answerMs, send);
    this.#cursors = new Cursors(options.storage, placeOf(options).url, this.#env);
    this.#roster = new Roster(this.#env, backoff, {
      send,
      reopen: () => this.#link.reopen(),
      live: () => this.#link.live,
      resync: (hole) => this.#enter('resync', hole),
      settled: () => this.#settleState(),
      refused: (error, channel) => this.#emit('error', { error, channel }),
      save: (subscription, atOnce) => this.#cursors.save(subscription, atOnce),
    });
    this.#link = new Link(this.#env, this.#limits, (why) => this.#url(why), {
      connecting: (detail) => this.#connecting(detail),
      welcome: (frame) => this.#welcome(frame),
      frame: (frame, bytes) => this.#frame(frame, bytes),
      down: () => this.#down(),
      lost: (reason) => this.#roster.lost(reason),
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
    return this.#roster.all;
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
   * once each, across reconnects. Two subscriptions of a client may not overlap.
   */
  subscribe(channel = this.#options.org, options = {}) {
    if (this.#state === 'closed') {
      throw new CortexError('closed', 'the client is closed');
    }
    const { since, onEvent = this.#options.onEvent, onResync = this.#options.onResync } = options;
    const parsed = channel === undefined || channel === '*' ? undefined : parseChannel(channel);
    const name = parsed?.text ?? '*';
    const bounds = { events: this.#limits.bufferEventsMax, bytes: this.#limits.bufferBytesMax };
    const start = since ?? this.#cursors.load(name, parsed);
    const subscription = new Subscription(parsed, this.#roster, bounds, start, onResync);
    this.#roster.add(subscription);
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
    const { url, token } = placeOf(this.#options);
    const text = typeof token === 'function' ? await token({ expired }) : await token;
    const target = new URL(url);
    if (text) {
      target.searchParams.set('token', text);
    }
    const { plain, query } = this.#roster.scope(this.#lastLiveMs);
    query.forEach(([key, value]) => target.searchParams.append(key, value));
    return { url: target.href, plain };
  }

  #connecting(detail) {
    this.#roster.connecting();
    this.#enter('connecting', detail);
  }

  #welcome(frame) {
    this.welcome = frame;
    this.#roster.connected();
    this.#requests.resend();
    this.#publisher.pump();
    this.#settleState();
  }

  #down() {
    this.#lastLiveMs = this.#env.now();
    this.#lagging.clear();
    this.#publisher.disconnected();
    this.#roster.disconnected();
  }

  #frame(frame, bytes) {
    if (frame.op === undefined) {
      this.#roster.offer(frame, bytes);
      return;
    }
    if (frame.rid !== undefined && this.#answered(frame)) {
      return;
    }
    switch (frame.op) {
      case 'resync':
        this.#roster.holes(frame);
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
        this.#roster.skipped(frame);
        this.#emit('skipped', frame);
        break;
      case 'pong':
        // Asked only after a long silence, so nothing that this cursor covers is still on its way.
        this.#roster.quiet(frame);
        break;
      case 'error':
        this.#emit('error', { error: errorOf(frame) });
        break;
      default:
        this.#emit(frame.op, frame);
    }
  }

  #answered(frame) {
    return this.#publisher.answered(frame) || this.#requests.answered(frame) || this.#roster.answered(frame);
  }

  /** The state that follows from what is asked, lagging or being decided. */
  #settleState(detail = {}) {
    if (this.#link.live && !this.#roster.asking) {
      this.#enter(this.#roster.deciding ? 'resync' : this.#lagging.size > 0 ? 'lagging' : 'live', detail);
    }
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

  #end(error) {
    if (this.#state === 'closed') {
      return;
    }
    globalThis.removeEventListener?.('online', this.#hurry);
    this.#roster.close(error);
    this.#link.close();
    const closed = error ?? new CortexError('closed', 'the client is closed');
    this.#publisher.close(closed);
    this.#requests.close(closed);
    this.#enter('closed', { error });
  }
}
