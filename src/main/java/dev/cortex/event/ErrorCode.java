package dev.cortex.event;

import dev.cortex.base.Pure;
import java.util.Arrays;
import java.util.Optional;

/**
 * Every error a client can meet: the one table that HTTP answers, WebSocket frames, close codes and the docs are made
 * from. {@code temporary} means: the same request with the same keys may succeed later.
 */
@Pure
public enum ErrorCode {
  NOT_JSON("not_json", false, 400, 0, "The body or frame is not strict JSON."),
  BAD_REQUEST("bad_request", false, 400, 0, "A parameter or header is missing or has a wrong value."),
  INVALID_EVENT("invalid_event", false, 422, 0, "A field of the event has a wrong type, shape or size."),
  PAYLOAD_TOO_LARGE("payload_too_large", false, 422, 0,
      "The payload exceeds the limit: store an artifact and send a reference to it."),
  SEQUENCE_CONFLICT("sequence_conflict", false, 422, 0, "The sequence was used by another event or skips numbers."),
  IDEMPOTENCY_CONFLICT("idempotency_conflict", false, 422, 0,
      "The id or idempotency key was used for a different event."),
  SESSION_ELSEWHERE("session_elsewhere", false, 422, 0, "The session has its home in another log."),
  OUTBOX_GAP("outbox_gap", false, 409, 0, "The outbox's next number is another one: ask where it stands."),
  CALLBACK_REFUSED("callback_refused", false, 422, 0, "The callback URL may not be used, or did not answer."),
  BODY_TOO_LARGE("body_too_large", false, 413, 0, "The request body exceeds the limit."),
  TOO_MANY_EVENTS("too_many_events", false, 413, 0, "One request holds more events than allowed."),
  UNSUPPORTED_MEDIA_TYPE("unsupported_media_type", false, 415, 0, "The content type is not accepted here."),
  NOT_FOUND("not_found", false, 404, 0, "There is nothing at this path."),
  METHOD_NOT_ALLOWED("method_not_allowed", false, 405, 0, "The path exists, but not for this method."),
  UNAUTHORIZED("unauthorized", false, 401, 1008, "A valid token is required."),
  TOKEN_EXPIRED("token_expired", false, 401, 4401, "The token has expired: come again with a fresh one."),
  BAD_SIGNATURE("bad_signature", false, 401, 0, "The webhook signature is missing or does not verify."),
  FORBIDDEN("forbidden", false, 403, 4403, "This caller may not do that."),
  BAD_HOST("bad_host", false, 403, 1008, "The Host header does not name this machine's loopback."),
  BAD_ORIGIN("bad_origin", false, 403, 1008, "The page's origin is not on the allow-list."),
  NOT_LOCAL("not_local", false, 403, 1008, "The request came through a proxy or tunnel."),
  BAD_FRAME("bad_frame", false, 400, 4400, "The frame is no JSON object."),
  UNKNOWN_OP("unknown_op", false, 400, 0, "The frame's op is not known."),
  NOT_SUBSCRIBED("not_subscribed", false, 404, 0, "The connection has no such subscription."),
  CURSOR_INVALID("cursor_invalid", false, 400, 4410, "The cursor is malformed or belongs to another org."),
  CURSOR_PRUNED("pruned", false, 410, 4410, "Events after this position were pruned."),
  CURSOR_LOG_CHANGED("log_changed", false, 410, 4410, "The position belongs to another incarnation of the log."),
  CURSOR_AHEAD("cursor_ahead", false, 410, 4410, "The position lies beyond the end of the log."),
  SLOW_CONSUMER("slow_consumer", true, 0, 4413, "The connection fell behind the retained events."),
  NO_PONG("no_pong", true, 0, 4408, "No answer to a ping in time."),
  RATE_LIMITED("rate_limited", true, 429, 4429, "Too many requests, frames or connections."),
  QUOTA_EXCEEDED("quota_exceeded", true, 503, 0,
      "The org stores as many bytes as it may: retention frees some; nothing of this event was stored."),
  STORAGE_FULL("storage_full", true, 503, 0, "The disk is full; nothing of this event was stored."),
  STORAGE_BUSY("storage_busy", true, 503, 0,
      "The store is locked by another process; nothing of this event was stored."),
  STORAGE_READ_ONLY("storage_read_only", true, 503, 0,
      "The data directory cannot be written; nothing of this event was stored."),
  STORAGE_CORRUPT("storage_corrupt", true, 503, 0, "The database is damaged; nothing of this event was stored."),
  STORAGE_ERROR("storage_error", true, 503, 0, "The store failed; whether the event was stored is not known."),
  OVERLOADED("overloaded", true, 503, 0, "Too much work is waiting; nothing of this event was stored."),
  TIMEOUT("timeout", true, 503, 0, "No answer in time; whether the event was stored is not known."),
  MOVED("moved", true, 503, 0, "The room is moving to another owner."),
  SHUTTING_DOWN("shutting_down", true, 503, 1012, "The server is going away."),
  INTERNAL("internal", true, 500, 1011, "The server failed; its log says more.");

  private final String code;
  private final boolean temporary;
  private final int httpStatus;
  private final int closeCode;
  private final String sentence;

  ErrorCode(String code, boolean temporary, int httpStatus, int closeCode, String sentence) {
    this.code = code;
    this.temporary = temporary;
    this.httpStatus = httpStatus;
    this.closeCode = closeCode;
    this.sentence = sentence;
  }

  /** The error of that word; empty when there is none, as a newer version may have words of its own. */
  public static Optional<ErrorCode> of(String code) {
    return Arrays.stream(values()).filter(one -> one.code.equals(code)).findFirst();
  }

  /** The word on the wire. */
  public String code() {
    return code;
  }

  /** Whether repeating the same request with the same keys may succeed later. */
  public boolean temporary() {
    return temporary;
  }

  /** HTTP status, 0 when the error never answers an HTTP request. */
  public int httpStatus() {
    return httpStatus;
  }

  /** WebSocket close code, 0 when the error never closes a connection. */
  public int closeCode() {
    return closeCode;
  }

  /** What went wrong, in one sentence for people. */
  public String sentence() {
    return sentence;
  }
}
