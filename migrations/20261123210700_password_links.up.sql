CREATE TABLE password_links (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    secret_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT password_links_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    -- A new link takes the place of the one before.
    CONSTRAINT password_links_user_id_key UNIQUE (user_id),
    CONSTRAINT password_links_secret_hash_key UNIQUE (secret_hash)
);

COMMENT ON COLUMN password_links.secret_hash IS 'SHA-256 of the link''s secret.';
