-- An act is gone through by two at once, each in a lane of its own: to change some hundred thousand rows is work for more
-- than one core. The first lane of an act that was begun before has all of it.
CREATE TABLE bulk_act_lanes (
    act_id uuid,
    lane smallint,
    after uuid NOT NULL,
    reached uuid NOT NULL,
    last uuid NOT NULL,
    disabled bigint NOT NULL DEFAULT 0,
    enabled bigint NOT NULL DEFAULT 0,
    CONSTRAINT bulk_act_lanes_pkey PRIMARY KEY (act_id, lane),
    CONSTRAINT bulk_act_lanes_act_id_fkey FOREIGN KEY (act_id) REFERENCES bulk_acts (id) ON DELETE CASCADE
);
COMMENT ON COLUMN bulk_act_lanes.after IS 'The lane has the subjects after this one.';
COMMENT ON COLUMN bulk_act_lanes.reached IS 'The last subject that what is under way has been through.';
COMMENT ON COLUMN bulk_act_lanes.last IS 'The lane has the subjects up to this one; when this is reached, it is gone through.';
COMMENT ON COLUMN bulk_act_lanes.disabled IS 'How many it disabled.';
COMMENT ON COLUMN bulk_act_lanes.enabled IS 'How many it enabled.';

INSERT INTO bulk_act_lanes
SELECT id, lane, after, CASE WHEN lane = 0 AND under_way IS NOT NULL THEN reached ELSE last END, last,
       CASE lane WHEN 0 THEN disabled ELSE 0 END, CASE lane WHEN 0 THEN enabled ELSE 0 END
FROM bulk_acts,
    (VALUES (0, '00000000-0000-0000-0000-000000000000'::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid),
            (1, 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'ffffffff-ffff-ffff-ffff-ffffffffffff')) AS lanes (lane, after, last)
WHERE begun_at IS NOT NULL;

ALTER TABLE bulk_acts DROP COLUMN reached, DROP COLUMN disabled, DROP COLUMN enabled;
