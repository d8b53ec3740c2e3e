-- About how many different users and devices signed in or refreshed. Each server merges what it has seen, so the same
-- few rows are updated again and again: inline, with room for one more, those updates are heap-only (HOT).
CREATE TABLE active_sketches (
    slot text NOT NULL,
    begins_at timestamptz NOT NULL,
    kind text NOT NULL,
    registers bytea NOT NULL,
    CONSTRAINT active_sketches_pkey PRIMARY KEY (slot, begins_at, kind),
    CONSTRAINT active_sketches_slot_known CHECK (slot IN ('minute', 'hour', 'day')),
    CONSTRAINT active_sketches_kind_known CHECK (kind IN ('user', 'device')),
    CONSTRAINT active_sketches_registers_whole CHECK (octet_length(registers) = 4096)
) WITH (fillfactor = 50);
ALTER TABLE active_sketches ALTER COLUMN registers SET STORAGE MAIN;

COMMENT ON TABLE active_sketches IS 'How many were active, by all servers together. No id can be read out of it.';
COMMENT ON COLUMN active_sketches.slot IS 'How long the slot is, in UTC; of minutes, five are together.';
COMMENT ON COLUMN active_sketches.registers IS 'A HyperLogLog sketch: the greatest rank of each register. Two are merged by the greater.';
