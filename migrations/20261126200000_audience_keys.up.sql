-- Audiences whose access tokens are encrypted, each with the public key of its resource server (RFC 7517).
CREATE TABLE audience_keys (
    audience text COLLATE "C" PRIMARY KEY,
    kid text NOT NULL,
    alg text NOT NULL,
    public_jwk jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT audience_keys_alg_known CHECK (alg IN ('ECDH-ES+A256KW', 'RSA-OAEP-256')),
    CONSTRAINT audience_keys_public CHECK (NOT public_jwk ?| ARRAY['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])
);
