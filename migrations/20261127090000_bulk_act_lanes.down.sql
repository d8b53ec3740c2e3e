ALTER TABLE bulk_acts
    ADD COLUMN reached uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    ADD COLUMN disabled bigint NOT NULL DEFAULT 0,
    ADD COLUMN enabled bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN bulk_acts.reached IS 'The last subject that what is under way has been through.';

-- From where the first lane is, or else the second: what the second has been through already is left as it is.
UPDATE bulk_acts a
SET reached = l.reached, disabled = l.disabled, enabled = l.enabled
FROM (
    SELECT act_id, COALESCE(min(reached::text) FILTER (WHERE reached <> last), 'ffffffff-ffff-ffff-ffff-ffffffffffff')::uuid,
           sum(disabled), sum(enabled)
    FROM bulk_act_lanes
    GROUP BY act_id
) AS l (act_id, reached, disabled, enabled)
WHERE l.act_id = a.id;

DROP TABLE bulk_act_lanes;
