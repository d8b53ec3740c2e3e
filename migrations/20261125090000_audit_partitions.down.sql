ALTER TABLE audit_events RENAME TO audit_events_parted;

CREATE TABLE audit_events (
    LIKE audit_events_parted INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMMENTS
);
COMMENT ON TABLE audit_events IS 'One row per state change, written in the same transaction. Holds ids, no names: a deleted person leaves only the bare id.';

INSERT INTO audit_events SELECT * FROM audit_events_parted;
DROP TABLE audit_events_parted;

ALTER TABLE audit_events ADD CONSTRAINT audit_events_pkey PRIMARY KEY (id);
CREATE INDEX audit_events_actor_idx ON audit_events (actor_id, id);
CREATE INDEX audit_events_subject_idx ON audit_events (subject_id, id);
CREATE INDEX audit_events_user_idx ON audit_events (user_id, id);
CREATE INDEX audit_events_action_idx ON audit_events (action, id);
CREATE INDEX audit_events_created_at_idx ON audit_events (created_at);
