-- What desktops and the cloud remember of each other.

-- How far the cloud's log of an org was applied here.
CREATE TABLE sync_cursors (
  org_id     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  log_id     TEXT NOT NULL,
  log_offset BIGINT NOT NULL
);

-- How far the outboxes of desktops were taken here; kept for ever. id_hash is of the id of the event with that number,
-- subject is who sends it: nobody else may.
CREATE TABLE outboxes (
  org_id      TEXT COLLATE "C" NOT NULL,
  install     TEXT COLLATE "C" NOT NULL,
  incarnation TEXT COLLATE "C" NOT NULL,
  number      BIGINT NOT NULL,
  id_hash     BYTEA NOT NULL,
  subject     TEXT NOT NULL,
  PRIMARY KEY (org_id, install, incarnation)
);

-- Numbers of those outboxes that were refused for good, until their desktop says that it knows.
CREATE TABLE outbox_refusals (
  org_id      TEXT COLLATE "C" NOT NULL,
  install     TEXT COLLATE "C" NOT NULL,
  incarnation TEXT COLLATE "C" NOT NULL,
  number      BIGINT NOT NULL,
  id          TEXT NOT NULL,
  code        TEXT NOT NULL,
  message     TEXT NOT NULL,
  PRIMARY KEY (org_id, install, incarnation, number)
);

-- The sequence that has to come next, once an event of the session was refused for good when it was its turn; else 0.
ALTER TABLE sessions ADD COLUMN held BIGINT NOT NULL DEFAULT 0;

-- Where desktops want to be pushed to, one row an org of each and of whoever registered it: nobody changes another's.
-- The channels are what the desktop may read, one in a line, empty for all; former_secret signs beside secret until
-- former_until. One that was removed has a lease until 0 and stays a while, so that every node hears of it.
CREATE TABLE callbacks (
  org_id        TEXT COLLATE "C" NOT NULL,
  install       TEXT COLLATE "C" NOT NULL,
  subject       TEXT COLLATE "C" NOT NULL,
  id            TEXT COLLATE "C" NOT NULL,
  incarnation   TEXT NOT NULL,
  shard         INTEGER NOT NULL,
  url           TEXT NOT NULL,
  secret        TEXT NOT NULL,
  former_secret TEXT NOT NULL,
  former_until  BIGINT NOT NULL,
  channels      TEXT NOT NULL,
  lease_until   BIGINT NOT NULL,
  changed_at    BIGINT NOT NULL,
  PRIMARY KEY (org_id, install, subject)
);
CREATE INDEX idx_callbacks_id ON callbacks (id);
CREATE INDEX idx_callbacks_shard ON callbacks (shard, org_id, install, subject);
CREATE INDEX idx_callbacks_changed ON callbacks (changed_at);
CREATE INDEX idx_callbacks_lease ON callbacks (lease_until);
