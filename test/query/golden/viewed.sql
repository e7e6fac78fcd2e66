SELECT t0."id", t0."name", t0v."viewed_at", t0v."referenced_at"
FROM "so_live_agent_session" AS t0
LEFT JOIN "recently_viewed" AS t0v ON t0v."user_id" = $1 AND t0v."record_id" = t0."id"
WHERE t0."is_deleted" = false AND t0v."viewed_at" IS NOT NULL
ORDER BY t0v."viewed_at" DESC NULLS FIRST, t0."id"
LIMIT $2
