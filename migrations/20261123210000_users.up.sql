-- The one home of the rule "disabled now". Inlined by the planner.
CREATE FUNCTION disabled_now(disabled_at timestamptz, disabled_until timestamptz, at_time timestamptz)
    RETURNS boolean
    LANGUAGE sql
    IMMUTABLE
    PARALLEL SAFE
    RETURN disabled_at IS NOT NULL AND (disabled_until IS NULL OR disabled_until > at_time);

CREATE TABLE users (
    id uuid PRIMARY KEY,
    username text COLLATE "C" NOT NULL,
    email text COLLATE "C",
    password_hash text,
    roles text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    disabled_at timestamptz,
    disabled_until timestamptz,
    disabled_reason text,
    disabled_by uuid,
    disabled_by_kind text,
    CONSTRAINT users_username_key UNIQUE (username),
    CONSTRAINT users_username_length CHECK (char_length(username) BETWEEN 1 AND 64),
    CONSTRAINT users_email_length CHECK (char_length(email) BETWEEN 3 AND 254),
    CONSTRAINT users_password_hash_argon2id CHECK (password_hash LIKE '$argon2id$%'),
    CONSTRAINT users_roles_known CHECK (roles <@ ARRAY['admin', 'support', 'auditor']),
    CONSTRAINT users_disabled_whole CHECK (
        disabled_at IS NOT NULL
        OR num_nonnulls(disabled_until, disabled_reason, disabled_by, disabled_by_kind) = 0
    )
);

CREATE INDEX users_email_idx ON users (email) WHERE email IS NOT NULL;
CREATE INDEX users_admins_idx ON users (id) WHERE roles @> ARRAY['admin'];

COMMENT ON COLUMN users.username IS 'As prepared by the PRECIS UsernameCaseMapped profile (RFC 8265).';
COMMENT ON COLUMN users.password_hash IS 'A PHC string; null: no password has been set yet.';
COMMENT ON COLUMN users.disabled_until IS 'When the user works again without anybody''s doing; null: until enabled.';
COMMENT ON COLUMN users.disabled_by IS 'The user who disabled; null: the command line. No reference: that user may be deleted.';
COMMENT ON COLUMN users.disabled_by_kind IS 'In what capacity: only the same or an administrator may undo it.';
