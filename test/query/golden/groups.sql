SELECT t1."name", count(t0."id"), avg(t0."time_idle")::float8, min(t0."login_time"), max(t0."name")
FROM "so_live_agent_session" AS t0
LEFT JOIN "so_user" AS t1 ON t1."id" = t0."agent_id"
WHERE t0."is_deleted" = false
GROUP BY (t1."name", t1."name__key")
HAVING count(t0."id") > $1::bigint
ORDER BY t1."name__key"
LIMIT $2
