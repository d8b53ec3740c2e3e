CREATE TABLE setup_codes (
    id uuid PRIMARY KEY,
    code_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

-- One code at the most: each start prints a new one.
CREATE UNIQUE INDEX setup_codes_single_key ON setup_codes ((true));

COMMENT ON TABLE setup_codes IS 'The one-time code by which the first administrator is made in the browser.';
COMMENT ON COLUMN setup_codes.code_hash IS 'SHA-256 of the code.';
