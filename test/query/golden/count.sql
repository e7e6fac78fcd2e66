SELECT count(*)
FROM (SELECT 1
FROM "so_live_agent_session" AS t0
WHERE t0."is_deleted" = false AND t0."time_idle" > $1::bigint
LIMIT $2) AS counted
