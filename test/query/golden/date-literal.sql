SELECT t0."id", t0."name", t0."login_time"
FROM "so_live_agent_session" AS t0
WHERE t0."is_deleted" = false AND ((t0."login_time" >= $1::timestamptz AND t0."login_time" < $2::timestamptz) AND t0."logout_time" < $3::timestamptz)
ORDER BY t0."login_time" DESC, t0."id" DESC
LIMIT $4
