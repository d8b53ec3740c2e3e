DROP INDEX refresh_tokens_disabled_at_idx;
DROP INDEX devices_disabled_at_idx;
DROP TABLE bulk_act_subjects;
DROP TABLE bulk_acts;
