-- How often what happened, by the minute, the hour and the day. Every server adds what it has counted, so the
-- same few rows are updated again and again; the free space keeps those updates heap-only (HOT).
CREATE TABLE rollups (
    slot text NOT NULL,
    begins_at timestamptz NOT NULL,
    kind text NOT NULL,
    reason text NOT NULL,
    client_id text NOT NULL,
    n bigint NOT NULL,
    CONSTRAINT rollups_pkey PRIMARY KEY (slot, begins_at, kind, reason, client_id),
    CONSTRAINT rollups_slot_known CHECK (slot IN ('minute', 'hour', 'day')),
    CONSTRAINT rollups_n_positive CHECK (n > 0)
) WITH (fillfactor = 70);

COMMENT ON TABLE rollups IS 'Sign-ins, refreshes and refusals, counted by all servers together. It holds nothing about anybody.';
COMMENT ON COLUMN rollups.slot IS 'How long the slot is, in UTC.';
COMMENT ON COLUMN rollups.reason IS 'Why it was refused; empty for what was not.';
COMMENT ON COLUMN rollups.client_id IS 'The client''s public name; empty where it is not known, or is not counted apart.';
