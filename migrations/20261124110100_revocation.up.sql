-- Access tokens that were revoked one by one (RFC 7009), until they would have expired anyway.
CREATE TABLE revoked_access_tokens (
    id uuid PRIMARY KEY,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX revoked_access_tokens_expires_at_idx ON revoked_access_tokens (expires_at);

COMMENT ON COLUMN revoked_access_tokens.id IS 'The token''s jti.';
COMMENT ON COLUMN revoked_access_tokens.expires_at IS 'The token''s exp.';

ALTER TABLE refresh_tokens
    DROP CONSTRAINT refresh_tokens_ended_reason_known,
    ADD CONSTRAINT refresh_tokens_ended_reason_known CHECK (ended_reason IN (
        'logout', 'signed_out', 'replaced', 'password_changed', 'too_many_grants', 'reuse', 'ended_by_administrator',
        'revoked'
    ));
