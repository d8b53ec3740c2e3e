-- What lists of everybody's things are read by, and users by e-mail in a steady order.
CREATE INDEX users_disabled_idx ON users (username) WHERE disabled_at IS NOT NULL;
CREATE INDEX devices_disabled_idx ON devices (id) WHERE disabled_at IS NOT NULL;
CREATE INDEX refresh_tokens_disabled_idx ON refresh_tokens (id) WHERE disabled_at IS NOT NULL;

DROP INDEX users_email_idx;
CREATE INDEX users_email_idx ON users (email, id) WHERE email IS NOT NULL;
CREATE INDEX users_disabled_email_idx ON users (email, id) WHERE disabled_at IS NOT NULL AND email IS NOT NULL;
