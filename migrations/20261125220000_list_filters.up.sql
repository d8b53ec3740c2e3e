-- What the filters and orders of the panel's lists walk along; a list has a filter only where one of these serves it.

-- Users by age, and those with a role, who are few: by name, by e-mail and by age. In an index of few the id stands
-- beside the name, though names are unique: with a rest to sort, Postgres takes to reading all of them.
DROP INDEX users_disabled_idx;
CREATE INDEX users_disabled_idx ON users (username, id) WHERE disabled_at IS NOT NULL;
CREATE INDEX users_disabled_id_idx ON users (id) WHERE disabled_at IS NOT NULL;
CREATE INDEX users_staff_idx ON users (username, id) WHERE roles <> '{}';
CREATE INDEX users_staff_email_idx ON users (email, id) WHERE roles <> '{}' AND email IS NOT NULL;
CREATE INDEX users_staff_id_idx ON users (id) WHERE roles <> '{}';

-- Written at a sign-in, beside which they cost nothing; a refresh leaves devices alone.
CREATE INDEX devices_kind_idx ON devices (kind, id);
CREATE INDEX devices_last_used_idx ON devices (last_used_at, id);
CREATE INDEX devices_kind_last_used_idx ON devices (kind, last_used_at, id);
CREATE INDEX devices_disabled_last_used_idx ON devices (last_used_at, id) WHERE disabled_at IS NOT NULL;

-- A refresh changes none of client_id, id and ended_reason. The index on expires_on, which changes once a day, is not
-- one more: it gets the id, by which the tokens of a day have an order. That of clients is one of an expression, lest
-- a rotation, which knows grant and client, takes it for the primary key.
CREATE INDEX refresh_tokens_client_idx ON refresh_tokens ((client_id || ''), id);
CREATE INDEX refresh_tokens_ended_idx ON refresh_tokens (id) WHERE ended_reason IS NOT NULL;
DROP INDEX refresh_tokens_expires_on_idx;
CREATE INDEX refresh_tokens_expires_on_idx ON refresh_tokens (expires_on, id) WHERE ended_at IS NULL;

CREATE INDEX refusals_reason_idx ON refusals (reason, id);
