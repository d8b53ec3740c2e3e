DROP TABLE users;
DROP FUNCTION disabled_now(timestamptz, timestamptz, timestamptz);
