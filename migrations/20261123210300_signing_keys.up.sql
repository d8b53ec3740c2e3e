CREATE TABLE signing_keys (
    id uuid PRIMARY KEY,
    kid text NOT NULL,
    alg text NOT NULL,
    state text NOT NULL,
    public_jwk jsonb NOT NULL,
    private_key_sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT signing_keys_kid_key UNIQUE (kid),
    CONSTRAINT signing_keys_alg_known CHECK (alg IN ('ES256', 'EdDSA', 'RS256')),
    CONSTRAINT signing_keys_state_known CHECK (state IN ('next', 'active', 'retired'))
);

CREATE UNIQUE INDEX signing_keys_one_active_key ON signing_keys (alg) WHERE state = 'active';

COMMENT ON COLUMN signing_keys.kid IS 'The JWK thumbprint (RFC 7638) of the public key.';
COMMENT ON COLUMN signing_keys.private_key_sealed IS 'PKCS #8, sealed under a key derived from the server''s secret key.';

CREATE TABLE installation (
    id uuid PRIMARY KEY,
    created_at timestamptz NOT NULL,
    secret_key_fingerprint bytea NOT NULL
);

-- One row at the most.
CREATE UNIQUE INDEX installation_single_key ON installation ((true));

COMMENT ON TABLE installation IS 'What all servers on this database share and must agree on.';
COMMENT ON COLUMN installation.secret_key_fingerprint IS 'Tells a server started with another secret key; of no use to recover the key.';
