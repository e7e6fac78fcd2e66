SELECT t0."id", t0."name", k1.rows, k2.rows
FROM (
SELECT t0."id", t0."name", t0."name__key"
FROM "so_user" AS t0
WHERE t0."is_deleted" = false
ORDER BY t0."name__key", t0."id"
LIMIT $3
) AS t0
LEFT JOIN LATERAL (SELECT json_agg(ARRAY[c0, c1, c2, c3, c4, c5, c6, c7]) AS rows FROM (SELECT (k1_0."id")::text AS c0, (k1_0."name")::text AS c1, (k1_0."login_time")::text AS c2, (k1_0."time_idle")::text AS c3, (k1_0."is_deleted")::text AS c4, (k1_1."id")::text AS c5, (k1_1."kind")::text AS c6, (k1_1."name")::text AS c7
FROM "so_live_agent_session" AS k1_0
LEFT JOIN "principal" AS k1_1 ON k1_1."id" = k1_0."owner_id"
WHERE k1_0."is_deleted" = false AND k1_0."agent_id" = t0."id" AND k1_0."time_idle" > $1::bigint
ORDER BY k1_0."name" DESC, k1_0."id"
LIMIT 5) AS k1_rows) AS k1 ON true
LEFT JOIN LATERAL (SELECT json_agg(ARRAY[c0, c1, c2]) AS rows FROM (SELECT (k2_0."id")::text AS c0, (k2_0."name")::text AS c1, (k3.rows)::text AS c2
FROM "so_user" AS k2_0
LEFT JOIN LATERAL (SELECT json_agg(ARRAY[c0, c1]) AS rows FROM (SELECT (k3_0."id")::text AS c0, (k3_0."name")::text AS c1
FROM "so_live_agent_session" AS k3_0
WHERE k3_0."is_deleted" = false AND k3_0."agent_id" = k2_0."id" AND k3_0."name" = $2
ORDER BY k3_0."id"
LIMIT 2001) AS k3_rows) AS k3 ON true
WHERE k2_0."is_deleted" = false AND k2_0."manager_id" = t0."id"
ORDER BY k2_0."id"
LIMIT 2001) AS k2_rows) AS k2 ON true
ORDER BY t0."name__key", t0."id"
