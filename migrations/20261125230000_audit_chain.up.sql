-- The audit log's chain: every event is sealed a moment after its commit, in batches, and each seal holds the
-- one before. The seals are made with a key that the database does not have, so that nobody who can only
-- write here can change an event, take one out or put one in unseen.
ALTER TABLE installation ADD COLUMN audit_key_sealed bytea;
COMMENT ON COLUMN installation.audit_key_sealed IS 'The key of the audit chain, sealed under a key derived from the server''s secret key. Null until a server has made it.';

CREATE TABLE audit_unsealed (
    id uuid PRIMARY KEY
);
COMMENT ON TABLE audit_unsealed IS 'The events that wait for their seal: each comes with its event, in the same statement, and goes with the seal.';

CREATE TABLE audit_seals (
    number bigint PRIMARY KEY,
    created_at timestamptz NOT NULL,
    events uuid[] NOT NULL,
    facts bytea NOT NULL,
    persons bytea NOT NULL,
    mac bytea NOT NULL,
    CONSTRAINT audit_seals_facts_length CHECK (octet_length(facts) = 32 * cardinality(events)),
    CONSTRAINT audit_seals_persons_length CHECK (octet_length(persons) = 32 * cardinality(events)),
    CONSTRAINT audit_seals_mac_length CHECK (octet_length(mac) = 32)
);
COMMENT ON COLUMN audit_seals.number IS 'From 1 on without a gap.';
COMMENT ON COLUMN audit_seals.facts IS 'A keyed hash of each event, but for what a deleted person takes along.';
COMMENT ON COLUMN audit_seals.persons IS 'A keyed hash of each event''s address and user agent.';
COMMENT ON COLUMN audit_seals.mac IS 'A keyed hash of all of this and of the mac before.';

CREATE TABLE audit_checkpoints (
    id uuid PRIMARY KEY,
    created_at timestamptz NOT NULL,
    events_before timestamptz NOT NULL,
    number bigint NOT NULL,
    seal_mac bytea NOT NULL,
    mac bytea NOT NULL
);
COMMENT ON TABLE audit_checkpoints IS 'What the retention has taken off the beginning of the chain.';
COMMENT ON COLUMN audit_checkpoints.events_before IS 'Events older than this may be gone.';
COMMENT ON COLUMN audit_checkpoints.number IS 'The last seal that is gone; 0 for none.';

INSERT INTO audit_unsealed SELECT id FROM audit_events;

-- Whoever owns the table can switch this off; the chain tells. A deleted person takes address and user agent
-- along, and what lies in the default partition is moved to its month.
CREATE FUNCTION audit_events_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF TG_TABLE_NAME = 'audit_events_default' THEN
            RETURN OLD;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF NEW.address IS NULL AND NEW.user_agent IS NULL
            AND to_jsonb(NEW) - '{address,user_agent}'::text[] = to_jsonb(OLD) - '{address,user_agent}'::text[]
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'audit events stay as they are' USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER audit_events_stay BEFORE UPDATE OR DELETE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION audit_events_stay();
CREATE TRIGGER audit_events_stay_all BEFORE TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION audit_events_stay();
