SELECT t0."id", t0."name", t1."kind", t1."id", t2."username", t3."developer_name", t3."type", t1."name"
FROM (
SELECT t0."id", t0."name", t0."owner_id"
FROM "so_live_agent_session" AS t0
WHERE t0."is_deleted" = false
ORDER BY t0."name", t0."id"
LIMIT $1
) AS t0
LEFT JOIN "principal" AS t1 ON t1."id" = t0."owner_id"
LEFT JOIN "so_user" AS t2 ON t2."id" = t0."owner_id"
LEFT JOIN "so_group" AS t3 ON t3."id" = t0."owner_id"
ORDER BY t0."name", t0."id"
