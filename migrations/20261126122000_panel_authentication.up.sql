-- When the password was last typed in this session. One that was begun before this was known, or by a server
-- that does not know it yet, is asked for it.
ALTER TABLE admin_sessions ADD COLUMN authenticated_at timestamptz NOT NULL DEFAULT 'epoch';

COMMENT ON COLUMN admin_sessions.authenticated_at IS 'When the password was last typed: at the sign-in, or when it was asked for again.';
