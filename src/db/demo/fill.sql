-- People, their devices and a month of history, each row a function of its number, so that the same call makes
-- the same people. What it is given stands in settings of the transaction: doorward.demo_users, _now,
-- _since and _hash.
SET LOCAL statement_timeout = 0;

-- What a thing comes by, of so many sides; another salt is another throw.
CREATE FUNCTION pg_temp.dice(n bigint, salt int, sides int) RETURNS int LANGUAGE sql IMMUTABLE AS
    'SELECT ((hashint8extended(n, salt) & 9223372036854775807) % sides)::int';
CREATE FUNCTION pg_temp.pick(n bigint, salt int, choices text[]) RETURNS text LANGUAGE sql IMMUTABLE AS
    'SELECT choices[1 + pg_temp.dice(n, salt, cardinality(choices))]';
-- An id of a time (RFC 9562, version 7).
CREATE FUNCTION pg_temp.id_of(at timestamptz, n bigint, salt int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5, 1, 3) || '8'
            || substr(md5, 4, 15))::uuid
    FROM md5(salt || ':' || n) AS md5
$$;
CREATE FUNCTION pg_temp.at_now() RETURNS timestamptz LANGUAGE sql STABLE AS
    $$SELECT current_setting('doorward.demo_now')::timestamptz$$;
-- A time so many days back at the most; the day is long for most, and short for those who sleep.
CREATE FUNCTION pg_temp.ago(n bigint, salt int, days int) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT pg_temp.at_now() - make_interval(secs =>
        86400.0 * pg_temp.dice(n, salt, days) + 1 + pg_temp.dice(n, salt + 1000, 43200) + pg_temp.dice(n, salt + 2000, 21600))
$$;
-- From a handful of networks, those of documentation (RFC 5737, RFC 3849).
CREATE FUNCTION pg_temp.address_of(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE pg_temp.dice(n, 30, 4)
        WHEN 0 THEN '198.51.100.' || 1 + pg_temp.dice(n, 31, 254)
        WHEN 1 THEN '2001:db8:' || to_hex(pg_temp.dice(n, 31, 4096)) || '::' || to_hex(1 + pg_temp.dice(n, 32, 65000))
        ELSE '203.0.113.' || 1 + pg_temp.dice(n, 31, 254)
    END
$$;

INSERT INTO oauth_clients (id, client_id, name, kind, secret_hash, grant_types, scopes, created_at, last_used_at)
SELECT pg_temp.id_of(at, n, 1), client_id, name, kind, secret_hash, grant_types, scopes, at,
       CASE WHEN kind = 'confidential' THEN pg_temp.at_now() - interval '9 minutes' END
FROM (VALUES
    (1, 'field-app', 'Field app', 'public', NULL::bytea, '{refresh_token}'::text[], '{orders.read}'::text[]),
    (2, 'shop', 'Shop', 'public', NULL, '{refresh_token}', '{orders.read,orders.write}'),
    (3, 'nightly-reports', 'Nightly reports', 'confidential', sha256(gen_random_uuid()::text::bytea), '{client_credentials}', '{reports.read}')
) AS clients (n, client_id, name, kind, secret_hash, grant_types, scopes),
    LATERAL (SELECT pg_temp.at_now() - make_interval(days => 40 + n) AS at) AS made;

CREATE TEMPORARY TABLE people ON COMMIT DROP AS
SELECT n, pg_temp.id_of(created_at, n, 2) AS id, created_at,
       first, first || '.' || last || CASE WHEN nth > 1 THEN nth::text ELSE '' END AS username
FROM (
    SELECT n, first, last, created_at, row_number() OVER (PARTITION BY first, last ORDER BY n) AS nth
    FROM (
        SELECT n, pg_temp.ago(n, 12, 500) - interval '1 hour' AS created_at,
               pg_temp.pick(n, 10, '{ana,ben,carla,deniz,elif,farid,grace,hugo,ines,jonas,kofi,lena,mateo,nadia,oskar,priya,quinn,rosa,samir,tara,uma,viktor,wanda,xenia,yusuf,zoë,søren,josé,łucja,mei}') AS first,
               pg_temp.pick(n, 11, '{abara,bauer,costa,dubois,evans,fischer,garcia,haddad,ivanova,jensen,kaya,lindgren,moreau,nowak,okafor,patel,quist,rossi,sato,toth,usman,vega,weber,xu,yilmaz,zeman}') AS last
        FROM generate_series(1, current_setting('doorward.demo_users')::bigint) AS n
    ) AS named
) AS numbered;

-- The first few are staff. One in eighty is disabled, by a colleague of the support.
INSERT INTO users (id, username, email, password_hash, roles, created_at, disabled_at, disabled_until, disabled_reason,
                   disabled_by, disabled_by_kind)
SELECT id, username, CASE WHEN username ~ '^[a-z.0-9]+$' THEN username || '@example.org' END,
       current_setting('doorward.demo_hash'),
       CASE n WHEN 1 THEN '{support}' WHEN 2 THEN '{support}' WHEN 3 THEN '{auditor}' ELSE '{}' END::text[],
       created_at, at,
       CASE WHEN at IS NOT NULL AND n % 3 = 0 THEN pg_temp.at_now() + interval '20 days' END,
       CASE WHEN at IS NULL THEN NULL WHEN n % 3 = 0 THEN 'Away until next month' ELSE 'Left the company' END,
       CASE WHEN at IS NOT NULL THEN (SELECT id FROM people WHERE n = 1) END,
       CASE WHEN at IS NOT NULL THEN 'support' END
FROM people, LATERAL (
    SELECT CASE WHEN n > 3 AND pg_temp.dice(n, 13, 80) = 0 THEN GREATEST(pg_temp.ago(n, 14, 25), created_at) END AS at
) AS disabled;

CREATE TEMPORARY TABLE things ON COMMIT DROP AS
SELECT m, n, user_id, created_at, signed_in_at, seen_at, client_id, kind, user_agent,
       pg_temp.id_of(created_at, m, 3) AS id, pg_temp.id_of(signed_in_at, m, 4) AS grant_id,
       CASE WHEN own THEN initcap(first) || '’s ' || model ELSE model END AS name,
       -- One in fifty was lost some hours after its last use.
       CASE WHEN pg_temp.dice(m, 24, 50) = 0 THEN LEAST(seen_at + interval '3 hours', pg_temp.at_now()) END AS lost_at,
       CASE WHEN pg_temp.dice(m, 25, 300) = 0 THEN 'reuse'
            WHEN pg_temp.dice(m, 25, 12) = 0 THEN pg_temp.pick(m, 26, '{logout,signed_out,password_changed,revoked}') END AS ended_reason
FROM (
    SELECT n, id AS user_id, first, created_at AS known_since,
           generate_series(n * 8, n * 8 + (ARRAY[0, 0, 1, 1, 1, 2, 2, 3, 1, 0])[1 + pg_temp.dice(n, 15, 10)]) AS m
    FROM people
) AS owned
JOIN (VALUES
    (0, 'iPhone', 'phone', true, 'field-app', 'Field/4.2 (iPhone; iOS 19.1) CFNetwork/3820'),
    (1, 'iPhone', 'phone', true, 'first-party', 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1'),
    (2, 'Pixel 9', 'phone', true, 'field-app', 'Field/4.2 (Android 16; Pixel 9)'),
    (3, 'Galaxy S25', 'phone', false, 'shop', 'Mozilla/5.0 (Linux; Android 16; SM-S931B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36'),
    (4, 'iPad', 'tablet', true, 'shop', 'Mozilla/5.0 (iPad; CPU OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Safari/604.1'),
    (5, 'Firefox on Linux', 'browser', false, 'shop', 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'),
    (6, 'Chrome on Windows', 'browser', false, 'first-party', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'),
    (7, 'MacBook', 'laptop', true, 'first-party', 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Safari/605.1.15')
) AS models (face, model, kind, own, client_id, user_agent) ON face = pg_temp.dice(m, 27, 8)
CROSS JOIN LATERAL (SELECT GREATEST(pg_temp.ago(m, 23, 33), known_since + interval '10 minutes') AS signed_in_at) AS sign_in
CROSS JOIN LATERAL (
    SELECT GREATEST(known_since, signed_in_at - make_interval(days => pg_temp.dice(m, 20, 40))) AS created_at,
           -- Most are in daily use, some have lain in a drawer for a while, or are lost.
           CASE WHEN pg_temp.dice(m, 21, 5) = 0 OR pg_temp.dice(m, 24, 50) = 0
               THEN signed_in_at + (pg_temp.at_now() - signed_in_at) * (pg_temp.dice(m, 22, 90) / 100.0)
               ELSE GREATEST(signed_in_at, pg_temp.at_now() - make_interval(secs => 20 + pg_temp.dice(m, 22, 130000)))
           END AS seen_at
) AS uses;

INSERT INTO devices (id, user_id, name, kind, created_at, last_used_at, disabled_at, disabled_reason, disabled_by,
                     disabled_by_kind)
SELECT id, user_id, name, kind, created_at, signed_in_at, lost_at,
       CASE WHEN lost_at IS NOT NULL
           THEN pg_temp.pick(m, 28, '{Stolen,Lost on the train,Reported lost by its owner,Broken and sent in}') END,
       CASE WHEN lost_at IS NOT NULL THEN (ARRAY(SELECT id FROM people WHERE n <= 2 ORDER BY n))[1 + m % 2] END,
       CASE WHEN lost_at IS NOT NULL THEN 'support' END
FROM things;

INSERT INTO refresh_tokens (id, user_id, device_id, client_id, scope, created_at, absolute_expires_at, expires_at,
                            last_used_at, last_address, last_user_agent, generation, retries, secret_hash, rotated_at,
                            ended_at, ended_reason)
SELECT grant_id, user_id, id, client_id, '', signed_in_at, signed_in_at + interval '365 days',
       LEAST(seen_at + interval '30 days', signed_in_at + interval '365 days'), seen_at, pg_temp.address_of(m), user_agent,
       generation, CASE WHEN pg_temp.dice(m, 33, 20) = 0 THEN 1 + pg_temp.dice(m, 34, 3) ELSE 0 END,
       sha256(grant_id::text::bytea), CASE WHEN generation > 0 THEN seen_at END,
       CASE WHEN ended_reason IS NOT NULL THEN seen_at END, ended_reason
FROM things, LATERAL (
    SELECT (extract(epoch FROM seen_at - signed_in_at) / 3600 / (2 + pg_temp.dice(m, 35, 9)))::int AS generation
) AS rotated;

-- What happened to whom. The sign-ins before the last one are on grants that are gone.
CREATE TEMPORARY TABLE happenings ON COMMIT DROP AS
SELECT at, action, actor_kind, actor_id, subject_kind, subject_id, user_id, reason, details, address, user_agent,
       row_number() OVER () AS n
FROM (
    SELECT created_at AS at, 'user.created' AS action, 'operator' AS actor_kind, NULL::uuid AS actor_id, 'user' AS subject_kind,
           id AS subject_id, id AS user_id, NULL AS reason, '{}'::jsonb AS details, NULL AS address, 'doorward command line' AS user_agent
    FROM people
    UNION ALL
    SELECT signed_in_at, 'user.signed_in', 'user', user_id, 'token', grant_id, user_id, NULL,
           jsonb_build_object('device_id', id, 'client_id', client_id, 'new_device', created_at = signed_in_at),
           pg_temp.address_of(m), user_agent
    FROM things
    UNION ALL
    SELECT at, 'user.signed_in', 'user', user_id, 'token', pg_temp.id_of(at, m * 16 + former, 5), user_id, NULL,
           jsonb_build_object('device_id', id, 'client_id', client_id, 'new_device', false), pg_temp.address_of(m), user_agent
    FROM things, LATERAL generate_series(1, pg_temp.dice(m, 36, 14)) AS former,
        LATERAL (SELECT signed_in_at - (signed_in_at - created_at) * (pg_temp.dice(m * 16 + former, 37, 1000) / 1001.0) AS at) AS earlier
    WHERE created_at < signed_in_at AND at < signed_in_at
    UNION ALL
    SELECT seen_at, CASE ended_reason WHEN 'reuse' THEN 'token.reused' WHEN 'logout' THEN 'user.signed_out' ELSE 'token.ended' END,
           CASE ended_reason WHEN 'reuse' THEN 'anonymous' ELSE 'user' END,
           CASE ended_reason WHEN 'reuse' THEN NULL ELSE user_id END, 'token', grant_id, user_id, NULL,
           jsonb_build_object('device_id', id), pg_temp.address_of(m + 1), user_agent
    FROM things WHERE ended_reason IS NOT NULL
    UNION ALL
    SELECT d.disabled_at, 'device.disabled', 'support', d.disabled_by, 'device', d.id, d.user_id, d.disabled_reason, '{}',
           '203.0.113.9', 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'
    FROM devices d WHERE d.disabled_at IS NOT NULL
    UNION ALL
    SELECT u.disabled_at, 'user.disabled', 'support', u.disabled_by, 'user', u.id, u.id, u.disabled_reason, '{}',
           '203.0.113.9', 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'
    FROM users u WHERE u.disabled_at IS NOT NULL
) AS happened;

WITH events AS (
    INSERT INTO audit_events (id, created_at, action, actor_kind, actor_id, subject_kind, subject_id, user_id, reason,
                              details, address, user_agent, request_id)
    SELECT pg_temp.id_of(at, n, 6), at, action, actor_kind, actor_id, subject_kind, subject_id, user_id, reason,
           details, address, user_agent, pg_temp.id_of(at, n, 7)
    FROM happenings
    -- For those there are months.
    WHERE at > current_setting('doorward.demo_since')::timestamptz
    RETURNING id
)
INSERT INTO audit_unsealed SELECT id FROM events;

-- Whoever found a lost phone tries it; some users have forgotten their password.
CREATE TEMPORARY TABLE tries ON COMMIT DROP AS
SELECT grant_id AS subject_id, 'device_disabled' AS reason, user_id, id AS device_id, grant_id, user_agent, m,
       1 + pg_temp.dice(m, 40, 5) AS refused, lost_at + (pg_temp.at_now() - lost_at) * (pg_temp.dice(m, 41, 100) / 100.0) AS last_at
FROM things WHERE lost_at IS NOT NULL AND pg_temp.dice(m, 42, 2) = 0
UNION ALL
SELECT user_id, 'bad_credentials', user_id, NULL, NULL, user_agent, m, 1 + pg_temp.dice(m, 43, 3), pg_temp.ago(m, 44, 30)
FROM things WHERE m % 8 = 0 AND pg_temp.dice(m, 45, 9) = 0;

INSERT INTO refusal_counts (subject_id, reason, refused, created_at, last_at)
SELECT subject_id, reason, refused, last_at - interval '1 minute' * (refused - 1), last_at FROM tries;
INSERT INTO refusals (id, subject_id, reason, slot, created_at, user_id, device_id, grant_id, address, user_agent, request_id)
SELECT pg_temp.id_of(at, m * 8 + nth, 8), subject_id, reason, nth, at, user_id, device_id, grant_id, pg_temp.address_of(m + 7),
       user_agent, pg_temp.id_of(at, m * 8 + nth, 9)
FROM tries, LATERAL generate_series(0, refused - 1) AS nth,
    LATERAL (SELECT last_at - interval '1 minute' * (refused - 1 - nth) AS at) AS tried;

-- Counts follow the day: little by night, most before noon, less at the weekend.
INSERT INTO rollups (slot, begins_at, kind, reason, client_id, n)
SELECT slot, begins_at, kind, reason, client_id, n
FROM (VALUES ('minute', 60, 120), ('hour', 3600, 49), ('day', 86400, 31)) AS slots (slot, seconds, many),
    LATERAL generate_series(0, many - 1) AS back,
    LATERAL (SELECT date_trunc(slot, pg_temp.at_now(), 'UTC') - make_interval(secs => back * seconds) AS begins_at) AS slot_times,
    (VALUES
        ('signed_in', '', 'field-app', 0.6), ('signed_in', '', 'shop', 0.5), ('signed_in', '', 'first-party', 0.3),
        ('sign_in_refused', 'bad_credentials', 'shop', 0.11), ('sign_in_refused', 'throttled', 'shop', 0.01),
        ('refreshed', '', 'field-app', 15), ('refreshed', '', 'shop', 9), ('refreshed', '', 'first-party', 6),
        ('retried', '', 'field-app', 0.12), ('retried', '', 'shop', 0.03), ('reused', '', 'shop', 0.0003),
        ('refresh_refused', 'token_ended', 'shop', 0.05), ('refresh_refused', 'device_disabled', 'field-app', 0.04),
        ('refresh_refused', 'token_expired', 'first-party', 0.03)
    ) AS kinds (kind, reason, client_id, per_user_and_day),
    LATERAL (
        SELECT CASE WHEN slot = 'day' THEN 1 ELSE 0.15 + 1.7 * power(sin(pi() * extract(hour FROM begins_at AT TIME ZONE 'UTC') / 24), 2) END
            * CASE WHEN extract(isodow FROM begins_at AT TIME ZONE 'UTC') > 5 THEN 0.45 ELSE 1 END
            * (0.8 + pg_temp.dice(extract(epoch FROM begins_at)::bigint, 50, 40) / 100.0) AS busy
    ) AS day,
    LATERAL (
        SELECT floor(current_setting('doorward.demo_users')::float8 * per_user_and_day * busy * seconds / 86400
            -- What comes less than once a slot comes now and then.
            + pg_temp.dice(extract(epoch FROM begins_at)::bigint, 51 + length(kind || reason || client_id), 1000) / 1000.0)::bigint AS n
    ) AS counted
WHERE n > 0;
