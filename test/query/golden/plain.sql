SELECT t0."id", t0."name", t0."login_time"
FROM "so_live_agent_session" AS t0
WHERE t0."is_deleted" = false
ORDER BY t0."id"
LIMIT $1
