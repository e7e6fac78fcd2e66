SELECT t0."id", t0."name"
FROM "so_live_agent_session" AS t0
WHERE t0."is_deleted" = false AND (t0."agent_id" IN (SELECT j1_0."id" FROM "so_user" AS j1_0 WHERE j1_0."is_deleted" = false AND j1_0."name__key" LIKE $1) AND NOT EXISTS (SELECT 1 FROM (SELECT j2_0."id" FROM "so_group" AS j2_0 WHERE j2_0."is_deleted" = false AND j2_0."type" = $2) AS inner_ids(id) WHERE inner_ids.id = t0."owner_id"))
ORDER BY t0."name", t0."id"
LIMIT $3
