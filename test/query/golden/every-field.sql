SELECT t0."id", t0."owner_id", t0."is_deleted", t0."name", t0."created_date", t0."created_by_id", t0."last_modified_date", t0."last_modified_by_id", t0."system_modstamp", t0v."viewed_at", t0v."referenced_at", t0."agent_id", t0."login_time", t0."logout_time", t0."time_in_online_status", t0."time_in_away_status", t0."time_in_chats", t0."time_idle", t0."time_at_capacity", t0."chat_req_assigned", t0."chat_req_engaged", t0."chat_req_declined", t0."chat_req_timed_out", t0."num_flag_raised", t0."num_flag_lowered_agent", t0."num_flag_lowered_supervisor"
FROM "so_live_agent_session" AS t0
LEFT JOIN "recently_viewed" AS t0v ON t0v."user_id" = $1 AND t0v."record_id" = t0."id"
WHERE t0."is_deleted" = false
ORDER BY t0."name", t0."id"
LIMIT $2
