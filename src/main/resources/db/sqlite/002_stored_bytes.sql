-- The bytes of payload that an org's retained events have, for its quota.
ALTER TABLE org_heads ADD COLUMN stored_bytes INTEGER NOT NULL DEFAULT 0;

UPDATE org_heads SET stored_bytes = (
  SELECT coalesce(sum(octet_length(e.payload)), 0) FROM realtime_events e WHERE e.org_id = org_heads.org_id);
