-- Acts on many users, and acts that enable. The row of a subject has the suspension that the act made, or found; what
-- enables, and what undoes that, goes by it.
ALTER TABLE bulk_acts
    ADD COLUMN verb text NOT NULL DEFAULT 'disable',
    ADD CONSTRAINT bulk_acts_verb_known CHECK (verb IN ('disable', 'enable')),
    DROP CONSTRAINT bulk_acts_subject_kind_known,
    ADD CONSTRAINT bulk_acts_subject_kind_known CHECK (subject_kind IN ('user', 'device', 'token'));
COMMENT ON COLUMN bulk_acts.verb IS 'What the act does. The other is under way while it is undone.';

ALTER TABLE bulk_act_subjects
    ADD COLUMN disabled_until timestamptz,
    ADD COLUMN disabled_reason text,
    ADD COLUMN disabled_by uuid,
    ADD COLUMN disabled_by_kind text,
    ADD COLUMN enabled_at timestamptz;
UPDATE bulk_act_subjects s
SET disabled_until = a.disabled_until, disabled_reason = a.reason, disabled_by = a.made_by, disabled_by_kind = a.made_by_kind
FROM bulk_acts a
WHERE a.id = s.act_id AND s.disabled_at IS NOT NULL;
ALTER TABLE bulk_act_subjects ADD CONSTRAINT bulk_act_subjects_disabled_whole CHECK (
    (disabled_at IS NULL) = (disabled_by_kind IS NULL)
    AND (disabled_at IS NOT NULL OR num_nonnulls(disabled_until, disabled_reason, disabled_by) = 0)
);
COMMENT ON COLUMN bulk_act_subjects.disabled_at IS
    'When the act disabled it, or since when it was disabled when the act found it, as in its own row; null: not yet, or left alone.';
COMMENT ON COLUMN bulk_act_subjects.enabled_at IS 'When an act that enables did so; null: not yet, or left alone.';

-- As those of devices and tokens: many users may have been disabled by now.
CREATE INDEX users_disabled_at_idx ON users (disabled_at) WHERE disabled_at > '1970-01-01 00:00+00';
