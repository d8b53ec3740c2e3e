DROP INDEX refusals_reason_idx;

DROP INDEX refresh_tokens_expires_on_idx;
CREATE INDEX refresh_tokens_expires_on_idx ON refresh_tokens (expires_on) WHERE ended_at IS NULL;
DROP INDEX refresh_tokens_ended_idx;
DROP INDEX refresh_tokens_client_idx;

DROP INDEX devices_disabled_last_used_idx;
DROP INDEX devices_kind_last_used_idx;
DROP INDEX devices_last_used_idx;
DROP INDEX devices_kind_idx;

DROP INDEX users_staff_id_idx;
DROP INDEX users_staff_email_idx;
DROP INDEX users_staff_idx;
DROP INDEX users_disabled_id_idx;
DROP INDEX users_disabled_idx;
CREATE INDEX users_disabled_idx ON users (username) WHERE disabled_at IS NOT NULL;
