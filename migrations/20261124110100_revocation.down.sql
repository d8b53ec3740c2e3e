DROP TABLE revoked_access_tokens;

-- The app gave the token up: what the former vocabulary calls a logout.
UPDATE refresh_tokens SET ended_reason = 'logout' WHERE ended_reason = 'revoked';
ALTER TABLE refresh_tokens
    DROP CONSTRAINT refresh_tokens_ended_reason_known,
    ADD CONSTRAINT refresh_tokens_ended_reason_known CHECK (ended_reason IN (
        'logout', 'signed_out', 'replaced', 'password_changed', 'too_many_grants', 'reuse', 'ended_by_administrator'
    ));
