-- When a signing key signed its first token, and its last.
ALTER TABLE signing_keys
    ADD COLUMN activated_at timestamptz,
    ADD COLUMN retired_at timestamptz;

UPDATE signing_keys SET activated_at = created_at WHERE state <> 'next';
UPDATE signing_keys SET retired_at = created_at WHERE state = 'retired';

ALTER TABLE signing_keys
    ADD CONSTRAINT signing_keys_activated_unless_next CHECK ((activated_at IS NULL) = (state = 'next')),
    ADD CONSTRAINT signing_keys_retired_in_the_end CHECK ((retired_at IS NULL) = (state <> 'retired'));

CREATE UNIQUE INDEX signing_keys_one_next_key ON signing_keys (alg) WHERE state = 'next';

COMMENT ON COLUMN signing_keys.activated_at IS 'Since when new access tokens are signed with it; null: it is published for its time to come.';
COMMENT ON COLUMN signing_keys.retired_at IS 'Since when they are not. It verifies until its last token has expired; then the row goes.';
