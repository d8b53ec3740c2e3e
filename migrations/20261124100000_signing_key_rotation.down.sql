DROP INDEX signing_keys_one_next_key;

ALTER TABLE signing_keys
    DROP CONSTRAINT signing_keys_retired_in_the_end,
    DROP CONSTRAINT signing_keys_activated_unless_next,
    DROP COLUMN retired_at,
    DROP COLUMN activated_at;
