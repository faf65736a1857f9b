/** Types of the Cortex Realtime client. */

/** An event as the server delivers it. */
export interface CortexEvent<P = Record<string, unknown>> {
  id: string;
  orgId: string;
  userId: string;
  /** Dotted words, for instance `agent.completed`. */
  type: string;
  payload: P;
  /** Unix milliseconds, by the producer's clock. */
  timestamp: number;
  agentId?: string;
  sessionId?: string;
  /** Number of the event in its session, from 1, without a gap. */
  sequence?: number;
  idempotencyKey?: string;
  metadata?: { compression?: 'none' | 'delta'; priority?: 'critical' | 'standard' | 'background' };
  /** Place in its org's log, from 1, without a gap. */
  offset: number;
  /** Opaque text: keep it to resume after this event. */
  cursor: string;
  /** Unix milliseconds, by the server's clock. */
  receivedAt: number;
  traceId?: string;
}

/** An event to publish; what is left out is filled in. */
export type NewEvent<P = Record<string, unknown>> =
  { type: string } & Partial<Omit<CortexEvent<P>, 'type' | 'offset' | 'cursor' | 'receivedAt'>>;

/** What became of a published event. */
export interface Published {
  id: string;
  status: 'accepted' | 'duplicate';
  /** null when a repeat is so old that only the mark of its producer is left. */
  offset: number | null;
  sequence: number | null;
}

/** A cursor, a sequence (sessions only), or Unix milliseconds (subscriptions to everything only). */
export type Since = string | { sequence: number } | number;

/** A place where the stream cannot go on without a hole. */
export interface Hole {
  channel: string;
  /** For instance `pruned`, `log_changed`, `cursor_ahead`, `not_recovered`. */
  reason: string;
  snapshot?: { url: string; sha256: string; sequence: number; resumeToken: string } | null;
  /** Cursors of the last events that were handled, by org. */
  cursors: Record<string, string>;
}

/** Where to go on after a hole: nothing means live from now. */
export type OnResync = (hole: Hole) => Since | undefined | void | Promise<Since | undefined | void>;

export type State = 'connecting' | 'live' | 'lagging' | 'resync' | 'closed';

export interface SubscribeOptions<P = Record<string, unknown>> {
  /** Events after this place come first; without it the stream is live from now. */
  since?: Since;
  /** Called for one event at a time; the next waits for the returned promise. Without it, iterate. */
  onEvent?: (event: CortexEvent<P>) => unknown;
  /** Without it a hole throws a {@link ResyncError} out of the iteration. */
  onResync?: OnResync;
}

export interface Limits {
  /** Milliseconds until a try without a welcome is given up. Default 10,000. */
  connectMs?: number;
  /** Milliseconds of silence until a ping. Default 45,000. */
  quietMs?: number;
  /** Milliseconds until a ping without an answer ends the connection. Default 10,000. */
  pongMs?: number;
  /** Milliseconds until a request without an answer is repeated. Default 15,000. */
  answerMs?: number;
  /** Backoff: the first bound (default 500) and the highest (default 30,000), in milliseconds. */
  backoffBaseMs?: number;
  backoffCapMs?: number;
  /** Events and bytes that may wait for a reader before its channel pauses. Defaults 10,000 and 32 MiB. */
  bufferEventsMax?: number;
  bufferBytesMax?: number;
  /** Publishes that may wait for an answer. Default 10,000. */
  pendingMax?: number;
}

/**
 * What a desktop shell puts on its pages as `window.cortex`: the URL of its server, or an object with a `url` or a
 * `port`, and the install `token` where the server asks for one.
 */
export type Shell = string | { url: string; token?: string } | { port: number; token?: string };

export interface ConnectOptions {
  /**
   * The server, whatever else is known. Default: what the desktop shell says in `window.cortex` (see {@link Shell}), else
   * `cloud`, else the server this module was loaded from, else the page's own origin, else `ws://127.0.0.1:3693/ws`.
   */
  url?: string;
  /** The cloud, for pages that also run in a desktop shell: an origin (then `/api/ws` there), or the whole URL. */
  cloud?: string;
  /** Org of events and subscriptions that name none. */
  org?: string;
  /** Channels to subscribe to at once, with `since` and `onEvent` of these options. */
  channels?: string[];
  since?: Since;
  onEvent?: (event: CortexEvent) => unknown;
  onResync?: OnResync;
  /**
   * A token for the cloud, or a function that brings a fresh one: called before every try, and once more when one has
   * expired. A desktop shell's server is never told.
   */
  token?: string | ((why: { expired: boolean }) => string | undefined | Promise<string | undefined>);
  /** Keeps cursors between starts, for instance `localStorage`. */
  storage?: { getItem(key: string): string | null; setItem(key: string, value: string): void };
  /** A WebSocket class; needed where there is none built in. */
  WebSocket?: unknown;
  limits?: Limits;
  /** Clock, chance and timers, for tests. */
  now?: () => number;
  random?: () => number;
  setTimeout?: (run: () => void, ms: number) => unknown;
  clearTimeout?: (timer: unknown) => void;
}

export declare class CortexError extends Error {
  /** From the server's closed list, or `closed`, `timeout`, `disconnected`. */
  readonly code: string;
  /** Whether the same request with the same keys may succeed later. */
  readonly temporary: boolean;
  readonly retryAfterMs: number;
  /** WebSocket close code, 0 without one. */
  readonly closeCode: number;
}

export declare class ResyncError extends CortexError {
  readonly info: Hole;
}

/** Events of one channel in order, once each; to be iterated by one reader. */
export declare class Subscription<P = Record<string, unknown>> implements AsyncIterableIterator<CortexEvent<P>> {
  /** The channel's text, `*` for everything. */
  readonly name: string;
  /** Events that wait for the reader. */
  readonly buffered: number;
  /** Cursors of the last events the reader is done with, by org. */
  readonly consumedCursors: Record<string, string>;
  readonly counts: { delivered: number; duplicates: number; pauses: number };
  next(): Promise<IteratorResult<CortexEvent<P>>>;
  return(): Promise<IteratorResult<CortexEvent<P>>>;
  /** Unsubscribes and drops what is buffered. */
  close(): void;
  [Symbol.asyncIterator](): this;
}

export declare class Cortex {
  readonly state: State;
  readonly subscriptions: Subscription[];
  /** The server's first frame of the current connection. */
  readonly welcome?: { connection: string; resumeToken: string; server: string; profile: string; limits: object };
  on(name: 'state', listener: (detail: { state: State; [key: string]: unknown }) => void): () => void;
  on(name: 'error', listener: (detail: { error: Error; [key: string]: unknown }) => void): () => void;
  on(name: State | 'backpressure' | 'skipped' | 'drain', listener: (detail: any) => void): () => void;
  /** Default channel: the `org` option, else everything this client may see. No two may overlap. */
  subscribe<P = Record<string, unknown>>(channel?: string, options?: SubscribeOptions<P>): Subscription<P>;
  /** Repeats with the same id until answered; rejects with a {@link CortexError} when refused for good. */
  publish(event: NewEvent, options?: { signal?: AbortSignal }): Promise<Published>;
  presence(channel?: string): Promise<{
    channel: string;
    members: { userId: string; connections: number }[];
    total: number;
  }>;
  newId(): string;
  close(): void;
}

export declare function connect(options?: ConnectOptions): Cortex;

/** Where the server is when nobody says. */
export declare function defaultUrl(moduleUrl?: string, pageUrl?: string): string;
