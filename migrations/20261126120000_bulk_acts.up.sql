-- Acts on many things at once: what was found when it was looked for is written down, and then what was really
-- touched, so that an act ends up the same whoever carries it on, and is undone exactly.
CREATE TABLE bulk_acts (
    id uuid PRIMARY KEY,
    subject_kind text NOT NULL,
    filter text NOT NULL,
    unused_since timestamptz,
    made_by uuid,
    made_by_kind text NOT NULL,
    created_at timestamptz NOT NULL,
    kept_until timestamptz NOT NULL,
    found bigint NOT NULL DEFAULT 0,
    under_way text,
    reached uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    reason text,
    disabled_until timestamptz,
    request_id uuid,
    begun_at timestamptz,
    finished_at timestamptz,
    disabled bigint NOT NULL DEFAULT 0,
    undo_reason text,
    undone_by uuid,
    undone_by_kind text,
    undo_request_id uuid,
    undo_begun_at timestamptz,
    undone_at timestamptz,
    enabled bigint NOT NULL DEFAULT 0,
    CONSTRAINT bulk_acts_subject_kind_known CHECK (subject_kind IN ('device', 'token')),
    CONSTRAINT bulk_acts_under_way_known CHECK (under_way IN ('disable', 'enable')),
    CONSTRAINT bulk_acts_begun_whole CHECK (
        (begun_at IS NULL) = (request_id IS NULL)
        AND (begun_at IS NOT NULL OR num_nonnulls(under_way, reason, disabled_until, finished_at, undo_begun_at) = 0)
    ),
    CONSTRAINT bulk_acts_undo_whole CHECK (
        (undo_begun_at IS NULL) = (undo_request_id IS NULL) AND (undo_begun_at IS NULL) = (undone_by_kind IS NULL)
        AND (undo_begun_at IS NOT NULL OR num_nonnulls(undo_reason, undone_by, undone_at) = 0)
    )
);
-- Every server asks every second what is to be carried on.
CREATE INDEX bulk_acts_under_way_idx ON bulk_acts (id) WHERE under_way IS NOT NULL;

COMMENT ON COLUMN bulk_acts.filter IS 'What was looked for, as the parameters of a list.';
COMMENT ON COLUMN bulk_acts.unused_since IS 'What was used at this time or later is left alone, whenever that turns out.';
COMMENT ON COLUMN bulk_acts.kept_until IS 'When purging may take it: a preview after an hour, an act after the retention.';
COMMENT ON COLUMN bulk_acts.found IS 'How many would have changed when it was looked.';
COMMENT ON COLUMN bulk_acts.under_way IS 'What is being done, until it is finished or undone.';
COMMENT ON COLUMN bulk_acts.reached IS 'The last subject that what is under way has been through.';

CREATE TABLE bulk_act_subjects (
    act_id uuid,
    subject_id uuid,
    disabled_at timestamptz,
    CONSTRAINT bulk_act_subjects_pkey PRIMARY KEY (act_id, subject_id),
    CONSTRAINT bulk_act_subjects_act_id_fkey FOREIGN KEY (act_id) REFERENCES bulk_acts (id) ON DELETE CASCADE
);
COMMENT ON TABLE bulk_act_subjects IS 'What an act is about: bare ids, which stay when the things themselves go.';
COMMENT ON COLUMN bulk_act_subjects.disabled_at IS 'When the act disabled it, as in its own row; null: not yet, or left alone.';

-- What was disabled within the lifetime of an access token is read every ten seconds by each server (the cut-off);
-- without these, with all that was ever disabled. The condition is true of each, but is said nowhere else, lest the lists
-- of what is disabled are read by these and sorted.
CREATE INDEX devices_disabled_at_idx ON devices (disabled_at) WHERE disabled_at > '1970-01-01 00:00+00';
CREATE INDEX refresh_tokens_disabled_at_idx ON refresh_tokens (disabled_at) WHERE disabled_at > '1970-01-01 00:00+00';
