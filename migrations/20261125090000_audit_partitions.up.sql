-- A month is a partition: what is past its retention goes as a whole, with no row touched. An id begins
-- with the time (UUIDv7), so the bounds are ids, and the primary key stays what it was.
ALTER TABLE audit_events RENAME TO audit_events_whole;

CREATE TABLE audit_events (
    LIKE audit_events_whole INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMMENTS
) PARTITION BY RANGE (id);
COMMENT ON TABLE audit_events IS 'One row per state change, written in the same transaction. Holds ids, no names: a deleted person leaves only the bare id.';

-- No event may ever lack a place.
CREATE TABLE audit_events_default PARTITION OF audit_events DEFAULT;
COMMENT ON TABLE audit_events_default IS 'Events of months that have not been made.';

-- The months that have rows; the server makes those to come. An id that does not tell when stays in the default.
DO $$
DECLARE
    month timestamp;
    bounds text[];
BEGIN
    FOR month IN
        SELECT DISTINCT date_trunc('month', at AT TIME ZONE 'UTC')
        FROM audit_events_whole,
            LATERAL (SELECT to_timestamp(('x' || translate(left(id::text, 13), '-', ''))::bit(48)::bigint / 1000.0)) AS time (at)
        WHERE at BETWEEN created_at - interval '1 day' AND created_at + interval '1 day'
    LOOP
        SELECT array_agg(
            (lpad(to_hex((extract(epoch FROM bound) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid ORDER BY bound
        )
        INTO bounds
        FROM unnest(ARRAY[month, month + interval '1 month']) AS bound;
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF audit_events FOR VALUES FROM (%L) TO (%L)',
            to_char(month, '"audit_events_"YYYY"_"MM'), bounds[1], bounds[2]
        );
    END LOOP;
END
$$;

INSERT INTO audit_events SELECT * FROM audit_events_whole;
DROP TABLE audit_events_whole;

ALTER TABLE audit_events ADD CONSTRAINT audit_events_pkey PRIMARY KEY (id);
CREATE INDEX audit_events_actor_idx ON audit_events (actor_id, id);
CREATE INDEX audit_events_subject_idx ON audit_events (subject_id, id);
CREATE INDEX audit_events_user_idx ON audit_events (user_id, id);
CREATE INDEX audit_events_action_idx ON audit_events (action, id);
CREATE INDEX audit_events_created_at_idx ON audit_events (created_at);
