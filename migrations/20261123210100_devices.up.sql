CREATE TABLE devices (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    disabled_at timestamptz,
    disabled_until timestamptz,
    disabled_reason text,
    disabled_by uuid,
    disabled_by_kind text,
    CONSTRAINT devices_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    -- The target of refresh_tokens' reference: a grant's device belongs to the grant's user.
    CONSTRAINT devices_user_id_id_key UNIQUE (user_id, id),
    CONSTRAINT devices_name_length CHECK (char_length(name) BETWEEN 1 AND 100),
    CONSTRAINT devices_kind_length CHECK (char_length(kind) BETWEEN 1 AND 32),
    CONSTRAINT devices_disabled_whole CHECK (
        disabled_at IS NOT NULL
        OR num_nonnulls(disabled_until, disabled_reason, disabled_by, disabled_by_kind) = 0
    )
);

COMMENT ON COLUMN devices.last_used_at IS 'The last sign-in on this device. Refreshes since then stand in refresh_tokens.last_used_at.';
COMMENT ON COLUMN devices.disabled_until IS 'When the device works again without anybody''s doing; null: until enabled.';
