-- Without its client nobody could use such a grant.
DELETE FROM refresh_tokens WHERE client_id <> 'first-party';
ALTER TABLE refresh_tokens DROP CONSTRAINT refresh_tokens_client_fkey;
DROP TABLE oauth_clients;
