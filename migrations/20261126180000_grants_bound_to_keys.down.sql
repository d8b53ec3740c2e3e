ALTER TABLE refresh_tokens DROP COLUMN key_thumbprint, DROP COLUMN key_since;
