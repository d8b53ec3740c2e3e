-- A session that has ended is kept for as long as refusals are, so that what is tried with its cookie is known as its
-- user's. The purge goes by this.
CREATE INDEX admin_sessions_expires_at_idx ON admin_sessions (expires_at);
