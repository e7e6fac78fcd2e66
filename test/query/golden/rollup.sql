SELECT t0."agent_id", ((t0."login_time" AT TIME ZONE $1))::date, GROUPING(t0."agent_id"), sum(t0."chat_req_assigned")
FROM "so_live_agent_session" AS t0
WHERE t0."is_deleted" = false
GROUP BY ROLLUP (t0."agent_id", ((t0."login_time" AT TIME ZONE $1))::date)
ORDER BY t0."agent_id" NULLS LAST, ((t0."login_time" AT TIME ZONE $1))::date NULLS LAST
LIMIT $2
