CREATE TABLE admin_sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    secret_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    address text,
    user_agent text NOT NULL DEFAULT '',
    CONSTRAINT admin_sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT admin_sessions_secret_hash_key UNIQUE (secret_hash)
);

CREATE INDEX admin_sessions_user_id_idx ON admin_sessions (user_id);

COMMENT ON TABLE admin_sessions IS 'Browser sessions of administrators; never a JWT.';
