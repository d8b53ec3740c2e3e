-- Token Status Lists: each grant has a place of its own in one of the lists that resource servers look into. A refresh
-- does not change it, so that the index on it costs a refresh nothing (HOT).
ALTER TABLE installation
    ADD COLUMN status_lists integer NOT NULL DEFAULT 1,
    ADD CONSTRAINT installation_status_lists_some CHECK (status_lists > 0);
COMMENT ON COLUMN installation.status_lists IS 'How many status lists there are; never fewer than there were.';

ALTER TABLE refresh_tokens ADD COLUMN status_index bigint;
COMMENT ON COLUMN refresh_tokens.status_index IS
    'The place in all status lists, one after the other; null: made before there were any, or when no place was found.';
CREATE UNIQUE INDEX refresh_tokens_status_index_key ON refresh_tokens (status_index) WHERE status_index IS NOT NULL;

-- The places of grants whose rows were deleted while their last access token could still be out.
CREATE TABLE status_indexes_ended (
    status_index bigint PRIMARY KEY,
    ended_at timestamptz NOT NULL
);
CREATE INDEX status_indexes_ended_ended_at_idx ON status_indexes_ended (ended_at);

-- A place that no grant has, by chance, so that a place tells nothing about when or for whom it was given. Null after 32
-- that are taken: of lists that are half full, once in four thousand million times. A loop: each look is by index, whatever
-- is known of the tables.
CREATE FUNCTION free_status_index(list_size bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    places bigint := list_size * (SELECT status_lists FROM installation);
    candidate bigint;
BEGIN
    FOR attempt IN 1..32 LOOP
        candidate := floor(random() * places);
        IF NOT EXISTS (SELECT FROM refresh_tokens WHERE status_index = candidate)
            AND NOT EXISTS (SELECT FROM status_indexes_ended WHERE status_index = candidate)
        THEN
            RETURN candidate;
        END IF;
    END LOOP;
    RETURN NULL;
END;
$$;
