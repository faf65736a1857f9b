// Words of the wire: channels, positions, ids, error codes and close codes. Pure, apart from newId's randomness.

const NAME = /^[A-Za-z0-9._~-]{1,128}$/;
const CURSOR = /^([a-z][a-z0-9]{12})\.(0|[1-9][0-9]{0,15})$/;

/** The payload limit of the envelope, in bytes of UTF-8 JSON. */
export const PAYLOAD_BYTES_MAX = 65_536;

/** Error codes after which the same request with the same keys may succeed. */
const TEMPORARY = new Set([
  'rate_limited', 'storage_full', 'storage_busy', 'storage_error', 'overloaded', 'timeout', 'moved', 'shutting_down',
  'internal', 'slow_consumer', 'no_pong', 'disconnected',
]);

/** Error codes that mean: this position cannot be resumed. */
const LOST_POSITION = new Set(['cursor_invalid', 'pruned', 'log_changed', 'cursor_ahead']);

/** Close codes after which the same client would only be refused again. */
const FINAL_CLOSES = new Map([
  [1002, 'bad_frame'], [1003, 'bad_frame'], [1007, 'bad_frame'], [1008, 'unauthorized'], [1009, 'body_too_large'],
  [4400, 'bad_frame'], [4401, 'token_expired'], [4403, 'forbidden'],
]);

/** The close code that says: no replay from where you were. */
export const CLOSE_RESYNC = 4410;
/** The close code that says: you, or everyone, ask too much. */
export const CLOSE_TOO_MANY = 4429;
/** The close code of an expired token. */
export const CLOSE_EXPIRED = 4401;

/** Everything this library refuses or reports; `code` is from the server's closed list or one of ours. */
export class CortexError extends Error {
  constructor(code, message, { temporary = TEMPORARY.has(code), retryAfterMs = 0, closeCode = 0 } = {}) {
    super(message || code);
    this.name = 'CortexError';
    this.code = code;
    this.temporary = temporary;
    this.retryAfterMs = retryAfterMs;
    this.closeCode = closeCode;
  }
}

/** Thrown out of an iteration that cannot go on without a hole; `info` says where and why. */
export class ResyncError extends CortexError {
  constructor(info) {
    super('resync', `channel ${info.channel} cannot be resumed: ${info.reason}`, { temporary: false });
    this.name = 'ResyncError';
    this.info = info;
  }
}

/** The error an `error` frame stands for. */
export function errorOf(frame) {
  return new CortexError(frame.code ?? 'internal', frame.message, {
    temporary: TEMPORARY.has(frame.code) || frame.retryAfterMs > 0,
    retryAfterMs: frame.retryAfterMs > 0 ? frame.retryAfterMs : 0,
  });
}

/** Whether an error means that the position cannot be replayed from. */
export function losesPosition(error) {
  return LOST_POSITION.has(error.code);
}

/** The error of a final close code; undefined for a temporary one. */
export function finalClose(code, reason) {
  const word = FINAL_CLOSES.get(code);
  return word && new CortexError(word, reason || `the server closed the connection for good (${code})`, {
    temporary: false,
    closeCode: code,
  });
}

/** Reads `org`, `org:agent` or `org:agent:session`; throws `bad_request` on anything else. */
export function parseChannel(text) {
  const parts = String(text).split(':');
  if (parts.length > 3 || !parts.every((part) => NAME.test(part))) {
    throw new CortexError('bad_request', `not a channel: ${text}`);
  }
  return { text: parts.join(':'), orgId: parts[0], agentId: parts[1], sessionId: parts[2] };
}

/** Whether an event lies beneath a channel; an undefined channel covers everything. */
export function covers(channel, event) {
  return channel === undefined
    || (channel.orgId === event.orgId
      && (channel.agentId === undefined || channel.agentId === event.agentId)
      && (channel.sessionId === undefined || channel.sessionId === event.sessionId));
}

/** Whether two channels have events in common; an undefined channel covers everything. */
export function overlap(a, b) {
  const same = (one, other) => one === undefined || other === undefined || one === other;
  return a === undefined || b === undefined
    || (a.orgId === b.orgId && same(a.agentId, b.agentId) && same(a.sessionId, b.sessionId));
}

/** The position that a cursor stands for; undefined when the text is none. */
export function parseCursor(cursor) {
  const match = typeof cursor === 'string' ? CURSOR.exec(cursor) : null;
  return match ? { logId: match[1], offset: Number(match[2]), cursor } : undefined;
}

/** A new UUIDv7: sorts by the given Unix milliseconds. */
export function newId(nowMs) {
  const bytes = new Uint8Array(16);
  if (globalThis.crypto?.getRandomValues) {
    globalThis.crypto.getRandomValues(bytes);
  } else {
    for (let i = 0; i < 16; i++) {
      bytes[i] = Math.random() * 256;
    }
  }
  for (let i = 5, rest = Math.floor(nowMs); i >= 0; i--, rest = Math.floor(rest / 256)) {
    bytes[i] = rest % 256;
  }
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
