ALTER TABLE admin_sessions DROP COLUMN authenticated_at;
