SELECT t0."id", t0."name", t1."id", t1."name", t2."id", t2."name", t3."id", t3."kind", t3."name"
FROM "so_live_agent_session" AS t0
LEFT JOIN "so_user" AS t1 ON t1."id" = t0."agent_id"
LEFT JOIN "so_user" AS t2 ON t2."id" = t1."manager_id"
LEFT JOIN "principal" AS t3 ON t3."id" = t0."owner_id"
WHERE t0."is_deleted" = false
ORDER BY t1."name__key", t0."login_time" DESC, t0."id"
LIMIT $1
