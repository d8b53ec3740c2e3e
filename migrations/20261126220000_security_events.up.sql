-- What the live feed tells: the events of the audit log after which access tokens that are out are refused, or good
-- again. They are put here with their seal, by one server at a time, so that whoever has read up to a number has
-- missed nothing before it.
CREATE TABLE security_events (
    number bigint PRIMARY KEY,
    event_id uuid NOT NULL,
    session_id uuid,
    created_at timestamptz NOT NULL
);
COMMENT ON COLUMN security_events.number IS 'The place in the feed: from 1 on without a gap.';
COMMENT ON COLUMN security_events.event_id IS 'The event in the audit log.';
COMMENT ON COLUMN security_events.session_id IS 'The grant that ended, where the event is about something else.';
COMMENT ON COLUMN security_events.created_at IS 'When it was put here.';

-- The beginning. The newest of those that are past their retention always stays: nobody who has read that far has
-- missed anything.
INSERT INTO security_events (number, event_id, created_at) VALUES (0, '00000000-0000-0000-0000-000000000000', '1970-01-01 00:00+00');
