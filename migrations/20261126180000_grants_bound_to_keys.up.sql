-- A grant whose app proves that it holds a key (RFC 9449). A refresh compares the thumbprint in the row
-- that it updates anyway, so it needs no index, and an index would end HOT where a refresh binds a grant.
ALTER TABLE refresh_tokens
    ADD COLUMN key_thumbprint text,
    ADD COLUMN key_since integer,
    ADD CONSTRAINT refresh_tokens_key_whole CHECK ((key_thumbprint IS NULL) = (key_since IS NULL)),
    ADD CONSTRAINT refresh_tokens_key_thumbprint_length CHECK (octet_length(key_thumbprint) = 43);

COMMENT ON COLUMN refresh_tokens.key_thumbprint IS 'Of the key that must be proven at each refresh: RFC 7638, SHA-256, base64url.';
COMMENT ON COLUMN refresh_tokens.key_since IS 'The generation since which the key must be proven: 0 if it was at the sign-in.';
