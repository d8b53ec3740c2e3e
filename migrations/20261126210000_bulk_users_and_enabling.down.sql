DROP INDEX users_disabled_at_idx;
DELETE FROM bulk_acts WHERE verb = 'enable' OR subject_kind = 'user';
ALTER TABLE bulk_act_subjects
    DROP CONSTRAINT bulk_act_subjects_disabled_whole,
    DROP COLUMN disabled_until,
    DROP COLUMN disabled_reason,
    DROP COLUMN disabled_by,
    DROP COLUMN disabled_by_kind,
    DROP COLUMN enabled_at;
COMMENT ON COLUMN bulk_act_subjects.disabled_at IS 'When the act disabled it, as in its own row; null: not yet, or left alone.';
ALTER TABLE bulk_acts
    DROP CONSTRAINT bulk_acts_subject_kind_known,
    ADD CONSTRAINT bulk_acts_subject_kind_known CHECK (subject_kind IN ('device', 'token')),
    DROP COLUMN verb;
