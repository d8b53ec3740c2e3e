DROP INDEX users_disabled_email_idx;
DROP INDEX users_email_idx;
CREATE INDEX users_email_idx ON users (email) WHERE email IS NOT NULL;

DROP INDEX refresh_tokens_disabled_idx;
DROP INDEX devices_disabled_idx;
DROP INDEX users_disabled_idx;
