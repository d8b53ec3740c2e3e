-- Why a sign-in or a refresh was refused: a count per subject and reason, and the
-- last twenty of each, so that nobody can fill the table by asking again and again.
CREATE TABLE refusal_counts (
    subject_id uuid NOT NULL,
    reason text NOT NULL,
    refused bigint NOT NULL,
    created_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    CONSTRAINT refusal_counts_pkey PRIMARY KEY (subject_id, reason)
);

CREATE TABLE refusals (
    id uuid PRIMARY KEY,
    subject_id uuid NOT NULL,
    reason text NOT NULL,
    slot integer NOT NULL,
    created_at timestamptz NOT NULL,
    user_id uuid,
    device_id uuid,
    grant_id uuid,
    address text,
    user_agent text,
    request_id uuid NOT NULL,
    CONSTRAINT refusals_slot_key UNIQUE (subject_id, reason, slot),
    CONSTRAINT refusals_slot_range CHECK (slot BETWEEN 0 AND 19)
);

CREATE INDEX refusals_user_idx ON refusals (user_id, id);
CREATE INDEX refusals_created_at_idx ON refusals (created_at);
CREATE INDEX refusals_request_idx ON refusals (request_id);

COMMENT ON COLUMN refusals.subject_id IS 'The grant of a refused refresh, the user of a refused sign-in; the nil id where there is no such user.';
