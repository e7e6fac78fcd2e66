/**
 * Lists of requests at the price of what changes in them. The statement of 021 went through every listed request and all
 * agents of its skills at each unit of work, and read whole tables where it needed a few rows: with 500 agents and a
 * hundred listed requests three quarters of what the floor can do went there.
 */
import type { Migration } from './migration.js';

export const migration: Migration = {
  id: '064-lists',
  sql: `
-- Written under the floor lock by the functions below alone, a hundred rows at a time.
ALTER TABLE listed_request DROP CONSTRAINT listed_request_login_id_fkey;
ALTER TABLE listed_request DROP CONSTRAINT listed_request_chat_id_fkey;

-- Brings the lists of these logins and the places of these chats in lists up to date, and tells whoever sees a
-- difference. "outboxes" are those of everybody who may be told something, and are locked.
CREATE FUNCTION floor_lists(chats bigint[], logins bigint[], ended bigint[], outboxes bigint[], now timestamptz)
  RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
  -- Who has left the floor is told nothing any more.
  DELETE FROM listed_request r WHERE r.login_id = ANY (ended);
  WITH wanted AS MATERIALIZED (
    SELECT c.id AS chat_id, s.login_id
      FROM chat c JOIN login_skill s ON s.skill_id = ANY (c.skill_ids)
     WHERE c.id = ANY (chats) AND c.listing IS NOT NULL AND s.online AND s.free + s.active > 0
    UNION
    SELECT c.id, s.login_id
      FROM login_skill s JOIN chat c ON s.skill_id = ANY (c.skill_ids)
     WHERE s.login_id = ANY (logins) AND c.listing IS NOT NULL AND s.online AND s.free + s.active > 0
  ), gone AS (
    DELETE FROM listed_request r
     WHERE (r.chat_id = ANY (chats) OR r.login_id = ANY (logins))
       AND NOT EXISTS (SELECT FROM wanted w WHERE w.chat_id = r.chat_id AND w.login_id = r.login_id)
    RETURNING r.login_id, r.chat_id
  ), listed AS (
    INSERT INTO listed_request (login_id, chat_id) SELECT w.login_id, w.chat_id FROM wanted w
    ON CONFLICT DO NOTHING RETURNING login_id, chat_id
  ), news AS MATERIALIZED (
    SELECT n.login_id, n.body, row_number() OVER (PARTITION BY n.login_id ORDER BY n.is_listed, n.chat_id) AS nth
      FROM (
        SELECT g.login_id, g.chat_id, false AS is_listed,
               jsonb_build_object('type', 'requestGone', 'chatId', g.chat_id::text) AS body FROM gone g
        UNION ALL
        SELECT i.login_id, i.chat_id, true, jsonb_build_object('type', 'requestListed', 'request',
                 (SELECT c.listing FROM chat c WHERE c.id = i.chat_id)) FROM listed i
      ) n
  ), numbered AS (
    UPDATE agent_outbox o SET last_id = o.last_id + t.n
      FROM (SELECT login_id, count(*) AS n FROM news GROUP BY login_id) t
     WHERE o.login_id = t.login_id AND o.login_id = ANY (outboxes)
    RETURNING o.login_id, o.last_id - t.n AS before
  )
  INSERT INTO agent_event (login_id, id, at, body)
  SELECT n.login_id, o.before + n.nth, greatest(now, (SELECT l.at FROM login l WHERE l.id = n.login_id)), n.body
    FROM news n JOIN numbered o ON o.login_id = n.login_id;
END $$;

-- As in 021-handover, with the lists set apart.
CREATE OR REPLACE FUNCTION floor_write(work jsonb) RETURNS TABLE (login_id bigint, told_id bigint, last_id bigint)
  LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  chats CONSTANT bigint[] := array(
    SELECT (c->>'id')::bigint FROM jsonb_array_elements(work->'chats') c
    UNION SELECT (c->>'chat_id')::bigint FROM jsonb_array_elements(work->'lines') c);
  logins CONSTANT bigint[] := array(SELECT (w->>'id')::bigint FROM jsonb_array_elements(work->'logins') w);
  ended CONSTANT bigint[] := array(
    SELECT (w->>'id')::bigint FROM jsonb_array_elements(work->'logins') w WHERE w->>'ended_at' IS NOT NULL);
  -- whether any request is listed, was listed, or is to be
  lists CONSTANT boolean := EXISTS (SELECT FROM jsonb_array_elements(work->'chats') c WHERE c->>'listing' IS NOT NULL)
    OR EXISTS (SELECT FROM chat c WHERE c.listing IS NOT NULL) OR EXISTS (SELECT FROM listed_request);
  outboxes bigint[];
  told jsonb;
BEGIN
  IF cardinality(chats) > 0 THEN
    PERFORM 1 FROM conversation c WHERE c.chat_id = ANY (chats) ORDER BY c.chat_id FOR UPDATE;
  END IF;
  -- Everyone who may be told something, those in lists too: outboxes are locked once, ascending.
  outboxes := array(
    SELECT (e->>'login_id')::bigint FROM jsonb_array_elements(work->'agent_events') e
    UNION SELECT e.login_id FROM engagement e
      WHERE e.ended_at IS NULL AND e.chat_id IN (
        SELECT (l->>'chat_id')::bigint FROM jsonb_array_elements(work->'lines') l)
    UNION SELECT id FROM unnest(logins) id WHERE lists
    UNION SELECT r.login_id FROM listed_request r WHERE lists AND r.chat_id = ANY (chats)
    UNION SELECT s.login_id FROM jsonb_populate_recordset(NULL::chat, work->'chats') w
      JOIN login_skill s ON s.skill_id = ANY (w.skill_ids) WHERE lists AND w.listing IS NOT NULL);
  PERFORM 1 FROM agent_outbox o WHERE o.login_id = ANY (outboxes) ORDER BY o.login_id FOR UPDATE;

  UPDATE login l SET status = w.status, status_since = w.status_since, connected = w.connected, settings = w.settings,
         capacity = w.capacity, engaged = w.engaged, offered = w.offered, routable = w.routable,
         last_offer_at = w.last_offer_at, seq = w.seq, at = w.at, meter = w.meter, ended_at = w.ended_at,
         end_reason = w.end_reason, session_id = w.session_id
    FROM jsonb_populate_recordset(NULL::login, work->'logins') w WHERE l.id = w.id AND l.id = ANY (logins);

  INSERT INTO floor_event (login_id, seq, at, contact_at, kind, chat_id, actor, detail)
  SELECT e.login_id, e.seq, e.at, e.contact_at, e.kind, e.chat_id, e.actor, e.detail
    FROM jsonb_populate_recordset(NULL::floor_event, work->'floor_events') e;

  UPDATE login_skill s SET online = l.status = 'Online' AND l.ended_at IS NULL, routable = l.routable,
         active = l.engaged + l.offered, free = coalesce(l.capacity, 0) - l.engaged - l.offered,
         waiting_since = coalesce(l.last_offer_at, l.started_at)
    FROM login l
   WHERE s.login_id = l.id AND l.ended_at IS NULL
     AND l.id = ANY (logins) AND s.login_id = ANY (logins)
     AND (s.online, s.routable, s.active, s.free, s.waiting_since) IS DISTINCT FROM
         (l.status = 'Online', l.routable, l.engaged + l.offered, coalesce(l.capacity, 0) - l.engaged - l.offered,
          coalesce(l.last_offer_at, l.started_at));
  IF cardinality(ended) > 0 THEN
    DELETE FROM login_skill s WHERE s.login_id = ANY (ended);
    DELETE FROM login_connection s WHERE s.login_id = ANY (ended);
  END IF;

  IF cardinality(chats) > 0 THEN
    UPDATE chat c SET state = w.state, button_id = w.button_id, skill_ids = w.skill_ids,
           target_user_id = w.target_user_id, fallbacks = w.fallbacks, waiting_since = w.waiting_since,
           established_at = w.established_at, ended_at = w.ended_at, declined_by = w.declined_by,
           timed_out_by = w.timed_out_by, attempts = w.attempts, generation = w.generation,
           last_assigned_user_id = w.last_assigned_user_id, last_operator_user_id = w.last_operator_user_id,
           queue_position = w.queue_position, ended_by = w.ended_by, end_reason = w.end_reason, outcome = w.outcome,
           by_choice = w.by_choice, listing = w.listing, transfer = w.transfer, seq = w.seq, at = w.at
      FROM jsonb_populate_recordset(NULL::chat, work->'chats') w WHERE c.id = w.id AND c.id = ANY (chats);

    INSERT INTO chat_event (chat_id, seq, at, type, user_id, login_id, detail)
    SELECT e.chat_id, e.seq, e.at, e.type, e.user_id, e.login_id, e.detail
      FROM jsonb_populate_recordset(NULL::chat_event, work->'chat_events') e;

    INSERT INTO offer (chat_id, generation, login_id, user_id, kind, state, offered_at, due_at, ended_at, from_login_id)
    SELECT o.chat_id, o.generation, o.login_id, o.user_id, o.kind, o.state, o.offered_at, o.due_at, o.ended_at,
           o.from_login_id
      FROM jsonb_populate_recordset(NULL::offer, work->'offers') o
     -- what ends before what begins: a chat has one open offer at a time, also within this statement
     ORDER BY o.state = 'open'
    ON CONFLICT (chat_id, generation) DO UPDATE SET state = excluded.state, ended_at = excluded.ended_at;

    INSERT INTO engagement (chat_id, generation, login_id, user_id, name, kind, started_at, ended_at, flag_message,
           flag_raised_at)
    SELECT e.chat_id, e.generation, e.login_id, e.user_id, e.name, e.kind, e.started_at, e.ended_at, e.flag_message,
           e.flag_raised_at
      FROM jsonb_populate_recordset(NULL::engagement, work->'engagements') e
     ORDER BY e.ended_at IS NULL
    ON CONFLICT (chat_id, generation) DO UPDATE SET kind = excluded.kind, ended_at = excluded.ended_at,
      flag_message = excluded.flag_message, flag_raised_at = excluded.flag_raised_at;

    UPDATE conversation c SET open = w.open, critical_wait_ms = w.critical_wait_ms,
           idle_warning_ms = w.idle_warning_ms, idle_timeout_ms = w.idle_timeout_ms,
           critical_due_at = w.critical_due_at, critical_since = w.critical_since,
           idle_warning_due_at = w.idle_warning_due_at, idle_warned_at = w.idle_warned_at, idle_due_at = w.idle_due_at,
           answered_at = w.answered_at
      FROM jsonb_populate_recordset(NULL::conversation, work->'conversations') w
     WHERE c.chat_id = w.chat_id AND c.chat_id = ANY (chats);
  END IF;

  INSERT INTO visitor_message (session_id, at, type, body)
  SELECT v.session_id, v.at, v.type, v.body
    FROM jsonb_to_recordset(work->'visitor_messages') AS v (ord int, session_id text, at timestamptz, type text, body jsonb)
   ORDER BY v.ord;
  IF jsonb_array_length(work->'closing_sessions') > 0 THEN
    UPDATE visitor_session s SET closing = true
     WHERE s.id = ANY (array(SELECT jsonb_array_elements_text(work->'closing_sessions')));
  END IF;

  WITH told AS (
    SELECT e.login_id, e.at, e.body, row_number() OVER (PARTITION BY e.login_id ORDER BY e.ord) AS nth
      FROM jsonb_to_recordset(work->'agent_events') AS e (ord int, login_id bigint, at timestamptz, body jsonb)
  ), outboxes AS (
    UPDATE agent_outbox o SET last_id = o.last_id + t.n
      FROM (SELECT login_id, count(*) AS n FROM told GROUP BY login_id) t WHERE o.login_id = t.login_id
    RETURNING o.login_id, o.last_id - t.n AS before
  )
  INSERT INTO agent_event (login_id, id, at, body)
  SELECT t.login_id, o.before + t.nth, t.at, t.body FROM told t JOIN outboxes o ON o.login_id = t.login_id;
  told := coalesce((SELECT jsonb_object_agg(o.login_id, o.last_id) FROM agent_outbox o WHERE o.login_id = ANY (outboxes)),
    '{}');

  IF lists THEN
    PERFORM floor_lists(chats, logins, ended, outboxes, (work->>'now')::timestamptz);
  END IF;

  IF jsonb_array_length(work->'lines') > 0 THEN
    PERFORM floor_journal(work->'lines');
  END IF;
  RETURN QUERY SELECT o.login_id, (told->>o.login_id::text)::bigint, o.last_id
    FROM agent_outbox o WHERE o.login_id = ANY (outboxes);
END $$;
`,
};
