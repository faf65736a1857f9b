-- What desktops and the cloud remember of each other.

-- How far the cloud's log of an org was applied here.
CREATE TABLE sync_cursors (
  org_id     TEXT NOT NULL PRIMARY KEY,
  log_id     TEXT NOT NULL,
  log_offset INTEGER NOT NULL
) WITHOUT ROWID;

-- How far the outboxes of desktops were taken here; kept for ever. id_hash is of the id of the event with that number,
-- subject is who sends it: nobody else may.
CREATE TABLE outboxes (
  org_id      TEXT NOT NULL,
  install     TEXT NOT NULL,
  incarnation TEXT NOT NULL,
  number      INTEGER NOT NULL,
  id_hash     BLOB NOT NULL,
  subject     TEXT NOT NULL,
  PRIMARY KEY (org_id, install, incarnation)
) WITHOUT ROWID;

-- Numbers of those outboxes that were refused for good, until their desktop says that it knows.
CREATE TABLE outbox_refusals (
  org_id      TEXT NOT NULL,
  install     TEXT NOT NULL,
  incarnation TEXT NOT NULL,
  number      INTEGER NOT NULL,
  id          TEXT NOT NULL,
  code        TEXT NOT NULL,
  message     TEXT NOT NULL,
  PRIMARY KEY (org_id, install, incarnation, number)
) WITHOUT ROWID;

-- The sequence that has to come next, once an event of the session was refused for good when it was its turn; else 0.
ALTER TABLE sessions ADD COLUMN held INTEGER NOT NULL DEFAULT 0;

-- The incarnation that numbered this outbox before, until it is known how far that one came; empty when there is none.
-- Up to former_head the rows are those that it numbered.
ALTER TABLE org_heads ADD COLUMN outbox_former TEXT NOT NULL DEFAULT '';
ALTER TABLE org_heads ADD COLUMN outbox_former_head INTEGER NOT NULL DEFAULT 0;

-- Events of this log's outbox that the cloud refused for good, with what is needed to send them again when the log
-- itself has been trimmed. outbox_number is null until they are.
CREATE TABLE set_aside (
  org_id          TEXT    NOT NULL,
  id              TEXT    NOT NULL,
  log_offset      INTEGER NOT NULL,
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
  code            TEXT    NOT NULL,
  message         TEXT    NOT NULL,
  refused_at      INTEGER NOT NULL,
  outbox_number   INTEGER,
  PRIMARY KEY (org_id, id)
) WITHOUT ROWID;
CREATE INDEX idx_set_aside_outbox ON set_aside (org_id, outbox_number) WHERE outbox_number IS NOT NULL;
CREATE INDEX idx_set_aside_offset ON set_aside (org_id, log_offset, outbox_number);

-- Where desktops want to be pushed to, one row an org of each and of whoever registered it: nobody changes another's.
-- The channels are what the desktop may read, one in a line, empty for all; former_secret signs beside secret until
-- former_until. One that was removed has a lease until 0 and stays a while, so that every node hears of it.
CREATE TABLE callbacks (
  org_id        TEXT NOT NULL,
  install       TEXT NOT NULL,
  subject       TEXT NOT NULL,
  id            TEXT NOT NULL,
  incarnation   TEXT NOT NULL,
  shard         INTEGER NOT NULL,
  url           TEXT NOT NULL,
  secret        TEXT NOT NULL,
  former_secret TEXT NOT NULL,
  former_until  INTEGER NOT NULL,
  channels      TEXT NOT NULL,
  lease_until   INTEGER NOT NULL,
  changed_at    INTEGER NOT NULL,
  PRIMARY KEY (org_id, install, subject)
) WITHOUT ROWID;
CREATE INDEX idx_callbacks_id ON callbacks (id);
CREATE INDEX idx_callbacks_shard ON callbacks (shard, org_id, install, subject);
CREATE INDEX idx_callbacks_changed ON callbacks (changed_at);
CREATE INDEX idx_callbacks_lease ON callbacks (lease_until);
