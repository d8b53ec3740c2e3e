DROP FUNCTION free_status_index(bigint);
DROP TABLE status_indexes_ended;
DROP INDEX refresh_tokens_status_index_key;
ALTER TABLE refresh_tokens DROP COLUMN status_index;
ALTER TABLE installation DROP COLUMN status_lists;
