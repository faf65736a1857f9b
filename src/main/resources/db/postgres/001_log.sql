-- The event log and what ordering, deduplication and ownership need beside it. Names and keys are compared byte by byte,
-- as the program does.

-- Facts about this database as a whole: its incarnation, the server it lives on, shared secrets, retention time.
CREATE TABLE meta (
  name  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  value TEXT             NOT NULL
) WITH (fillfactor = 50);

-- What decides in which shard an org lives; one row, agreed on by every node.
CREATE TABLE placement (
  id           INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  sharding     TEXT    NOT NULL,
  shards       INTEGER NOT NULL,
  hash_version INTEGER NOT NULL
);

-- The fence: an append locks the rows it names and sees its epochs in them, or writes nothing. Every append leaves a
-- lock in its rows and every claim a new version: there is room for them in the page, and it is tidied often.
CREATE TABLE shards (
  shard INTEGER NOT NULL PRIMARY KEY,
  epoch BIGINT  NOT NULL,
  owner TEXT    NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- The nodes that are there and whom they see. Only the last seconds matter, so nothing of it needs to outlive a crash.
CREATE UNLOGGED TABLE nodes (
  node    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  serving BOOLEAN          NOT NULL,
  sees    TEXT[]           NOT NULL,
  seen_at BIGINT           NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- One row an org. Events with offsets in (floor, head] are retained; floor_received_at is the receive time of the first
-- of them, 0 when there is none; touched_at is when the last trim was, or the first append. A column that an append
-- changes must not be in an index: then the new version of a row stays in its page.
CREATE TABLE org_heads (
  org_id            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  log_id            TEXT COLLATE "C" NOT NULL UNIQUE,
  head              BIGINT           NOT NULL,
  floor             BIGINT           NOT NULL DEFAULT 0,
  shard             INTEGER          NOT NULL,
  last_received_at  BIGINT           NOT NULL DEFAULT 0,
  floor_received_at BIGINT           NOT NULL DEFAULT 0,
  outbox_head       BIGINT           NOT NULL DEFAULT 0,
  outbox_confirmed  BIGINT           NOT NULL DEFAULT 0,
  touched_at        BIGINT           NOT NULL DEFAULT 0,
  stored_bytes      BIGINT           NOT NULL DEFAULT 0,
  CHECK (floor <= head)
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);
CREATE INDEX idx_org_heads_oldest ON org_heads (floor_received_at) WHERE floor_received_at > 0;
CREATE INDEX idx_org_heads_gone ON org_heads (touched_at) WHERE floor_received_at = 0;

-- Log ids that are no longer in use, so that an old cursor is recognised and told that the log changed.
CREATE TABLE old_log_ids (
  log_id     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  org_id     TEXT COLLATE "C" NOT NULL,
  retired_at BIGINT           NOT NULL
);
CREATE INDEX idx_old_log_ids_retired ON old_log_ids (retired_at);

-- The events. agent_id and session_id are empty without a session; priority is null for standard. There is no index by
-- timestamp: nothing here asks for one, and in a table without statistics it looks as good as the key.
CREATE TABLE realtime_events (
  org_id          TEXT COLLATE "C" NOT NULL,
  log_offset      BIGINT           NOT NULL,
  id              TEXT             NOT NULL,
  user_id         TEXT             NOT NULL,
  type            TEXT             NOT NULL,
  payload         TEXT             NOT NULL,
  timestamp       BIGINT           NOT NULL,
  received_at     BIGINT           NOT NULL,
  agent_id        TEXT COLLATE "C" NOT NULL,
  session_id      TEXT COLLATE "C" NOT NULL,
  sequence        BIGINT           NOT NULL,
  idempotency_key TEXT,
  priority        TEXT,
  trace_id        TEXT,
  origin          TEXT,
  outbox_number   BIGINT,
  PRIMARY KEY (org_id, log_offset)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05);
CREATE INDEX idx_events_session ON realtime_events (org_id, agent_id, session_id, log_offset, sequence)
  WHERE session_id <> '';
CREATE INDEX idx_events_agent ON realtime_events (org_id, agent_id, log_offset) WHERE agent_id <> '';
CREATE INDEX idx_events_outbox ON realtime_events (org_id, outbox_number) WHERE outbox_number IS NOT NULL;

-- What is remembered of a session; it outlives the session's events. home is empty for this log.
CREATE TABLE sessions (
  org_id        TEXT COLLATE "C" NOT NULL,
  agent_id      TEXT COLLATE "C" NOT NULL,
  session_id    TEXT COLLATE "C" NOT NULL,
  home          TEXT             NOT NULL,
  last_offset   BIGINT           NOT NULL,
  last_sequence BIGINT           NOT NULL,
  touched_at    BIGINT           NOT NULL,
  PRIMARY KEY (org_id, agent_id, session_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX idx_sessions_touched ON sessions (touched_at);

-- Ids and idempotency keys as 128 bits, kept beyond their events. An id is unique within its org, and only there.
CREATE TABLE event_keys (
  org_id       TEXT COLLATE "C" NOT NULL,
  kind         SMALLINT         NOT NULL,
  key          BYTEA            NOT NULL,
  log_offset   BIGINT           NOT NULL,
  sequence     BIGINT           NOT NULL,
  content_hash BYTEA            NOT NULL,
  received_at  BIGINT           NOT NULL,
  PRIMARY KEY (org_id, kind, key)
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX idx_event_keys_received ON event_keys (received_at);
