-- The applications that sign users in or act for themselves (RFC 6749 §2).
CREATE TABLE oauth_clients (
    id uuid PRIMARY KEY,
    client_id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    secret_hash bytea,
    grant_types text[] NOT NULL,
    scopes text[] NOT NULL DEFAULT '{}',
    audiences text[] NOT NULL DEFAULT '{}',
    redirect_uris text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    last_used_at timestamptz,
    disabled_at timestamptz,
    disabled_until timestamptz,
    disabled_reason text,
    disabled_by uuid,
    disabled_by_kind text,
    CONSTRAINT oauth_clients_client_id_key UNIQUE (client_id),
    -- A client's id is the `sub` of the tokens that it gets for itself: it must not look like a user's.
    CONSTRAINT oauth_clients_client_id_form CHECK (
        client_id ~ '^[a-z][a-z0-9._-]{2,63}$'
        AND client_id !~ '^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$'
    ),
    CONSTRAINT oauth_clients_kind_known CHECK (kind IN ('public', 'confidential')),
    CONSTRAINT oauth_clients_secret_if_confidential CHECK ((secret_hash IS NOT NULL) = (kind = 'confidential')),
    CONSTRAINT oauth_clients_secret_hash_length CHECK (octet_length(secret_hash) = 32),
    CONSTRAINT oauth_clients_grant_types_known CHECK (
        grant_types <@ ARRAY['refresh_token', 'client_credentials'] AND cardinality(grant_types) > 0
    ),
    -- Who cannot prove who it is gets nothing for itself (RFC 6749 §4.4).
    CONSTRAINT oauth_clients_public_acts_for_users CHECK (
        kind = 'confidential' OR NOT grant_types @> ARRAY['client_credentials']
    ),
    CONSTRAINT oauth_clients_disabled_whole CHECK (
        disabled_at IS NOT NULL
        OR num_nonnulls(disabled_until, disabled_reason, disabled_by, disabled_by_kind) = 0
    )
);

COMMENT ON COLUMN oauth_clients.client_id IS 'The public name (RFC 6749 §2.2).';
COMMENT ON COLUMN oauth_clients.secret_hash IS 'SHA-256 of 256 random bits; null for a public client.';
COMMENT ON COLUMN oauth_clients.scopes IS 'What it may ask for at the most; what it gets when it asks for nothing.';
COMMENT ON COLUMN oauth_clients.audiences IS 'For whom its access tokens can be, the first by default; none: the configured audience.';
COMMENT ON COLUMN oauth_clients.redirect_uris IS 'Where an authorization endpoint may send a browser back to.';
COMMENT ON COLUMN oauth_clients.last_used_at IS 'When it last proved who it is, to the minute; null for public clients.';

-- The client of first-party apps, which need not name themselves.
INSERT INTO oauth_clients (id, client_id, name, kind, grant_types, created_at)
VALUES ('00000000-0000-7000-8000-000000000001', 'first-party', 'First-party apps', 'public', '{refresh_token}', now());

ALTER TABLE refresh_tokens
    ADD CONSTRAINT refresh_tokens_client_fkey FOREIGN KEY (client_id) REFERENCES oauth_clients (client_id);
