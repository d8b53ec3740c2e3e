CREATE TABLE throttles (
    key bytea PRIMARY KEY,
    level double precision NOT NULL,
    last_attempt_at timestamptz NOT NULL,
    free_at timestamptz NOT NULL,
    CONSTRAINT throttles_level_range CHECK (level >= 0)
);

COMMENT ON TABLE throttles IS 'Leaky buckets of failed sign-ins, by account, by device and by address.';
COMMENT ON COLUMN throttles.key IS 'A keyed hash of what is counted: names typed at a login may be passwords.';
COMMENT ON COLUMN throttles.level IS 'Failures not yet forgotten.';
COMMENT ON COLUMN throttles.free_at IS 'From when on the next attempt is let through.';
