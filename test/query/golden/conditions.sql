SELECT t0."id"
FROM "so_live_agent_session" AS t0
LEFT JOIN "so_user" AS t1 ON t1."id" = t0."agent_id"
WHERE t0."is_deleted" = false AND (t0."time_idle" IS DISTINCT FROM $1::bigint AND (t0."name" ILIKE $2 OR t1."name__key" = $3) AND t0."login_time" >= $4::timestamptz AND (t0."chat_req_assigned" = ANY($5::bigint[])))
ORDER BY t0."id"
LIMIT $6
