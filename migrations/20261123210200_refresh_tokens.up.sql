-- One row per grant (one user on one device), for its whole life. A refresh
-- updates the row in place and changes no indexed column, so that the update is
-- a heap-only tuple (HOT); the free space that needs is the fillfactor's.
CREATE TABLE refresh_tokens (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    device_id uuid NOT NULL,
    client_id text NOT NULL,
    scope text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    absolute_expires_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    -- The coarse twin of expires_at: purging needs an index, and an index on a
    -- column that changes with every refresh would end HOT. This one changes once a day.
    expires_on date NOT NULL GENERATED ALWAYS AS ((expires_at AT TIME ZONE 'UTC')::date) STORED,
    last_used_at timestamptz NOT NULL,
    last_address text,
    last_user_agent text NOT NULL DEFAULT '',
    generation integer NOT NULL DEFAULT 0,
    retries integer NOT NULL DEFAULT 0,
    secret_hash bytea NOT NULL,
    rotated_at timestamptz,
    successor_sealed bytea,
    ended_at timestamptz,
    ended_reason text,
    disabled_at timestamptz,
    disabled_until timestamptz,
    disabled_reason text,
    disabled_by uuid,
    disabled_by_kind text,
    CONSTRAINT refresh_tokens_device_fkey FOREIGN KEY (user_id, device_id)
        REFERENCES devices (user_id, id) ON DELETE CASCADE,
    CONSTRAINT refresh_tokens_expiry_order CHECK (expires_at <= absolute_expires_at),
    CONSTRAINT refresh_tokens_generation CHECK (generation >= 0),
    CONSTRAINT refresh_tokens_secret_hash_length CHECK (octet_length(secret_hash) = 32),
    CONSTRAINT refresh_tokens_successor_whole CHECK (successor_sealed IS NULL OR rotated_at IS NOT NULL),
    CONSTRAINT refresh_tokens_ended_whole CHECK ((ended_at IS NULL) = (ended_reason IS NULL)),
    CONSTRAINT refresh_tokens_ended_reason_known CHECK (ended_reason IN (
        'logout', 'signed_out', 'replaced', 'password_changed', 'too_many_grants', 'reuse', 'ended_by_administrator'
    )),
    CONSTRAINT refresh_tokens_disabled_whole CHECK (
        disabled_at IS NOT NULL
        OR num_nonnulls(disabled_until, disabled_reason, disabled_by, disabled_by_kind) = 0
    )
) WITH (fillfactor = 70);

-- At most one live grant per device.
CREATE UNIQUE INDEX refresh_tokens_live_device_key ON refresh_tokens (device_id) WHERE ended_at IS NULL;
CREATE INDEX refresh_tokens_device_id_idx ON refresh_tokens (device_id);
CREATE INDEX refresh_tokens_user_id_idx ON refresh_tokens (user_id, id);
CREATE INDEX refresh_tokens_ended_at_idx ON refresh_tokens (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX refresh_tokens_expires_on_idx ON refresh_tokens (expires_on) WHERE ended_at IS NULL;

COMMENT ON COLUMN refresh_tokens.absolute_expires_at IS 'The end of the grant; never slides.';
COMMENT ON COLUMN refresh_tokens.expires_at IS 'The nearer of the idle end, which slides with each refresh, and the absolute one.';
COMMENT ON COLUMN refresh_tokens.generation IS 'How often the token has been rotated; part of the token.';
COMMENT ON COLUMN refresh_tokens.retries IS 'How often a predecessor came again within the grace and got the same successor.';
COMMENT ON COLUMN refresh_tokens.secret_hash IS 'SHA-256 of the current token''s secret.';
COMMENT ON COLUMN refresh_tokens.rotated_at IS 'When the current generation replaced its predecessor.';
COMMENT ON COLUMN refresh_tokens.successor_sealed IS 'The current secret, sealed under a key that only the predecessor''s holder can derive.';
