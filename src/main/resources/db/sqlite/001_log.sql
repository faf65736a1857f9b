-- The event log and what ordering, deduplication and ownership need beside it.

-- Facts about this database as a whole: its nonce and incarnation, how it was last shut down, retention time.
CREATE TABLE meta (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

-- What decides in which shard an org lives; one row, agreed on by every node.
CREATE TABLE placement (
  id           INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  sharding     TEXT    NOT NULL,
  shards       INTEGER NOT NULL,
  hash_version INTEGER NOT NULL
);

-- The fence: an append names the epoch its room believes in.
CREATE TABLE shards (
  shard INTEGER NOT NULL PRIMARY KEY,
  epoch INTEGER NOT NULL,
  owner TEXT    NOT NULL
);

-- One row an org. Events with offsets in (floor, head] are retained; floor_received_at is the receive time of the first
-- of them, 0 when there is none.
CREATE TABLE org_heads (
  org_id            TEXT    NOT NULL PRIMARY KEY,
  log_id            TEXT    NOT NULL UNIQUE,
  head              INTEGER NOT NULL,
  floor             INTEGER NOT NULL DEFAULT 0,
  shard             INTEGER NOT NULL,
  last_received_at  INTEGER NOT NULL DEFAULT 0,
  floor_received_at INTEGER NOT NULL DEFAULT 0,
  outbox_head       INTEGER NOT NULL DEFAULT 0,
  outbox_confirmed  INTEGER NOT NULL DEFAULT 0,
  touched_at        INTEGER NOT NULL DEFAULT 0,
  CHECK (floor <= head)
);
CREATE INDEX idx_org_heads_oldest ON org_heads (floor_received_at) WHERE floor_received_at > 0;
CREATE INDEX idx_org_heads_gone ON org_heads (touched_at) WHERE floor_received_at = 0;

-- Log ids that are no longer in use, so that an old cursor is recognised and told that the log changed.
CREATE TABLE old_log_ids (
  log_id     TEXT    NOT NULL PRIMARY KEY,
  org_id     TEXT    NOT NULL,
  retired_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX idx_old_log_ids_retired ON old_log_ids (retired_at);

-- The events. Rows are wide: a table ordered by rowid with the key beside it inserts and reads faster than one ordered
-- by the key. agent_id and session_id are empty without a session; priority is null for standard.
CREATE TABLE realtime_events (
  org_id          TEXT    NOT NULL,
  log_offset      INTEGER NOT NULL,
  id              TEXT    NOT NULL,
  user_id         TEXT    NOT NULL,
  type            TEXT    NOT NULL,
  payload         TEXT    NOT NULL,
  timestamp       INTEGER NOT NULL,
  received_at     INTEGER NOT NULL,
  agent_id        TEXT    NOT NULL,
  session_id      TEXT    NOT NULL,
  sequence        INTEGER NOT NULL,
  idempotency_key TEXT,
  priority        TEXT,
  trace_id        TEXT,
  origin          TEXT,
  outbox_number   INTEGER,
  PRIMARY KEY (org_id, log_offset)
);
CREATE INDEX idx_events_org_ts ON realtime_events (org_id, timestamp);
CREATE INDEX idx_events_session ON realtime_events (org_id, agent_id, session_id, log_offset, sequence)
  WHERE session_id <> '';
CREATE INDEX idx_events_agent ON realtime_events (org_id, agent_id, log_offset) WHERE agent_id <> '';
CREATE INDEX idx_events_outbox ON realtime_events (org_id, outbox_number) WHERE outbox_number IS NOT NULL;

-- What is remembered of a session; it outlives the session's events. home is empty for this log.
CREATE TABLE sessions (
  org_id        TEXT    NOT NULL,
  agent_id      TEXT    NOT NULL,
  session_id    TEXT    NOT NULL,
  home          TEXT    NOT NULL,
  last_offset   INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL,
  touched_at    INTEGER NOT NULL,
  PRIMARY KEY (org_id, agent_id, session_id)
) WITHOUT ROWID;
CREATE INDEX idx_sessions_touched ON sessions (touched_at);

-- Ids and idempotency keys as 128 bits, kept beyond their events. An id is unique within its org, and only there.
CREATE TABLE event_keys (
  org_id       TEXT    NOT NULL,
  kind         INTEGER NOT NULL,
  key          BLOB    NOT NULL,
  log_offset   INTEGER NOT NULL,
  sequence     INTEGER NOT NULL,
  content_hash BLOB    NOT NULL,
  received_at  INTEGER NOT NULL,
  PRIMARY KEY (org_id, kind, key)
) WITHOUT ROWID;
CREATE INDEX idx_event_keys_received ON event_keys (received_at);
