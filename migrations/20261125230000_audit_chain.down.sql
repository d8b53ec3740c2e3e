DROP TRIGGER audit_events_stay_all ON audit_events;
DROP TRIGGER audit_events_stay ON audit_events;
DROP FUNCTION audit_events_stay();
DROP TABLE audit_checkpoints;
DROP TABLE audit_seals;
DROP TABLE audit_unsealed;
ALTER TABLE installation DROP COLUMN audit_key_sealed;
