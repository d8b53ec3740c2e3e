CREATE TABLE audit_events (
    id uuid PRIMARY KEY,
    created_at timestamptz NOT NULL,
    action text NOT NULL,
    actor_kind text NOT NULL,
    actor_id uuid,
    subject_kind text NOT NULL,
    subject_id uuid,
    user_id uuid,
    reason text,
    details jsonb NOT NULL DEFAULT '{}',
    address text,
    user_agent text,
    request_id uuid NOT NULL,
    CONSTRAINT audit_events_actor_kind_known CHECK (
        actor_kind IN ('admin', 'support', 'user', 'operator', 'system', 'anonymous')
    )
);

CREATE INDEX audit_events_actor_idx ON audit_events (actor_id, id);
CREATE INDEX audit_events_subject_idx ON audit_events (subject_id, id);
CREATE INDEX audit_events_user_idx ON audit_events (user_id, id);
CREATE INDEX audit_events_action_idx ON audit_events (action, id);
CREATE INDEX audit_events_created_at_idx ON audit_events (created_at);

COMMENT ON TABLE audit_events IS 'One row per state change, written in the same transaction. Holds ids, no names: a deleted person leaves only the bare id.';
COMMENT ON COLUMN audit_events.user_id IS 'Whose user, device or grant it was.';
