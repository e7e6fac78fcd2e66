/**
 * The process that stores a line learns when the clocks of its conversation ring next: it need not look for what it has
 * just set. And a question that nobody has answered is remembered with the conversation, whoever is in it.
 */
import type { Migration } from './migration.js';

export const migration: Migration = {
  id: '072-line-clocks',
  sql: `
-- The visitor's first line that no agent has answered yet. What the floor says by itself (a greeting) is no answer.
ALTER TABLE conversation ADD COLUMN asked_at timestamptz(3);
UPDATE conversation SET asked_at = coalesce(critical_since, critical_due_at) - critical_wait_ms * interval '1 ms'
 WHERE open AND answered_at IS NULL AND coalesce(critical_since, critical_due_at) IS NOT NULL;

-- As floor_say of 065-held-polls, with one column more: the earliest time a clock of the conversations spoken in is due
-- now, epoch milliseconds. due_at comes in a row of its own, outcome 'due', if any clock runs.
CREATE FUNCTION floor_store(items jsonb, polls jsonb)
  RETURNS TABLE (ord int, outcome text, line jsonb, events jsonb, session_id text, delivery jsonb, due_at bigint)
  LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  chats CONSTANT bigint[] := array(SELECT DISTINCT (i->>'chat_id')::bigint FROM jsonb_array_elements(items) i);
  -- conversations: what is there, and what this batch does to them
  c_id bigint[];
  c_open boolean[];
  c_session text[];
  c_sequence int[];
  c_at timestamptz[];
  c_kind text[];
  c_agent boolean[];
  c_visitor boolean[];
  -- who is engaged in them; the first entry of a login counts its outbox
  e_chat bigint[];
  e_login bigint[];
  e_name text[];
  e_last bigint[];
  lines chat_message[];
  t_login bigint[];
  t_id bigint[];
  t_at timestamptz[];
  t_line jsonb[];
  v_session text[];
  v_at timestamptz[];
  v_type text[];
  v_body jsonb[];
  -- sessions whose held poll gets what is said, and the batches they get
  p_session text[];
  p_batch jsonb[];
  p_count int[];
  p_more boolean[];
  body jsonb;
  said_at timestamptz(3);
  soonest bigint;
  item record;
  said chat_message;
  speaker text;
  c int;
  e int;
  o int;
  p int;
BEGIN
  SELECT array_agg(t.chat_id), array_agg(t.open), array_agg(t.session_id), array_agg(t.last_sequence), array_agg(t.at)
    INTO c_id, c_open, c_session, c_sequence, c_at
    FROM (SELECT v.chat_id, v.open, v.session_id, v.last_sequence, v.at FROM conversation v
           WHERE v.chat_id = ANY (chats) ORDER BY v.chat_id FOR UPDATE) t;
  c_kind := array_fill(NULL::text, ARRAY[coalesce(cardinality(c_id), 0)]);
  c_agent := array_fill(NULL::boolean, ARRAY[cardinality(c_kind)]);
  c_visitor := c_agent;
  SELECT array_agg(t.chat_id), array_agg(t.login_id), array_agg(t.name), array_agg(t.last_id)
    INTO e_chat, e_login, e_name, e_last
    FROM (SELECT g.chat_id, g.login_id, g.name, b.last_id
            FROM engagement g JOIN agent_outbox b ON b.login_id = g.login_id
           WHERE g.chat_id = ANY (chats) AND g.ended_at IS NULL ORDER BY g.login_id, g.chat_id FOR UPDATE OF b) t;
  IF jsonb_array_length(polls) > 0 THEN
    SELECT array_agg(t.id), array_agg('[]'::jsonb), array_agg(0), array_agg(t.closing)
      INTO p_session, p_batch, p_count, p_more
      FROM (SELECT s.id, s.closing
              FROM jsonb_to_recordset(polls) AS p (session_id text, token bigint, sequence int)
              JOIN visitor_session s ON s.id = p.session_id AND s.poll_token = p.token AND s.sequence = p.sequence
             WHERE NOT EXISTS (SELECT FROM visitor_message x WHERE x.session_id = s.id)
             ORDER BY s.id FOR UPDATE OF s) t;
  END IF;
  said_at := date_trunc('milliseconds', floor_now());

  FOR item IN
    SELECT i.ord, i.chat_id, i.kind, i.login_id, i.user_id, i.name, i.text, i.custom_type, i.client_id, i.visitor_type,
           i.visitor_body, (SELECT chat_line(m) FROM chat_message m
                             WHERE m.chat_id = i.chat_id AND m.client_id = i.client_id) AS known
      FROM jsonb_to_recordset(items) AS i (ord int, chat_id bigint, kind text, login_id bigint, user_id text, name text,
        text text, custom_type text, client_id text, visitor_type text, visitor_body jsonb)
  LOOP
    ord := item.ord;
    outcome := 'closed';
    line := NULL;
    events := NULL;
    session_id := NULL;
    IF item.known IS NOT NULL THEN
      outcome := 'known';
      line := item.known;
      RETURN NEXT;
      CONTINUE;
    END IF;
    c := array_position(c_id, item.chat_id);
    speaker := NULL;
    IF item.login_id IS NOT NULL THEN
      e := array_position(e_chat, item.chat_id);
      WHILE e IS NOT NULL LOOP
        IF e_login[e] = item.login_id THEN speaker := e_name[e]; END IF;
        e := array_position(e_chat, item.chat_id, e + 1);
      END LOOP;
    END IF;
    IF c IS NULL OR NOT c_open[c] OR (item.login_id IS NOT NULL AND speaker IS NULL) THEN
      RETURN NEXT;
      CONTINUE;
    END IF;

    c_sequence[c] := c_sequence[c] + 1;
    c_at[c] := greatest(said_at, c_at[c]);
    -- who spoke last decides the clocks; whispers and notices of the system do not. What nobody said (no login) is the
    -- floor's greeting, which comes alone.
    IF item.kind = 'agent' AND item.login_id IS NULL THEN
      c_kind[c] := 'greeting';
    ELSIF item.kind IN ('visitor', 'agent') THEN
      c_kind[c] := item.kind;
      IF item.kind = 'agent' THEN c_agent[c] := true; ELSE c_visitor[c] := true; END IF;
    END IF;
    said := ROW(item.chat_id, c_sequence[c], item.kind, c_at[c], item.user_id, coalesce(speaker, item.name), item.text,
      item.custom_type, item.client_id);
    lines := lines || said;
    outcome := 'stored';
    line := chat_line(said);
    e := array_position(e_chat, item.chat_id);
    WHILE e IS NOT NULL LOOP
      o := array_position(e_login, e_login[e]);
      e_last[o] := e_last[o] + 1;
      t_login := t_login || e_login[e];
      t_id := t_id || e_last[o];
      t_at := t_at || c_at[c];
      t_line := t_line || line;
      events := coalesce(events, '[]') || jsonb_build_array(jsonb_build_array(e_login[e], e_last[o]));
      e := array_position(e_chat, item.chat_id, e + 1);
    END LOOP;
    IF item.visitor_type IS NOT NULL THEN
      body := CASE WHEN item.visitor_type = 'ChatMessage' AND speaker IS NOT NULL
        THEN item.visitor_body || jsonb_build_object('name', speaker) ELSE item.visitor_body END;
      p := array_position(p_session, c_session[c]);
      IF p_count[p] < 200 THEN
        p_count[p] := p_count[p] + 1;
        p_batch[p] := p_batch[p] || jsonb_build_object('type', item.visitor_type, 'message', body);
      ELSE
        IF p IS NOT NULL THEN p_more[p] := true; END IF;
        session_id := c_session[c];
        v_session := v_session || c_session[c];
        v_at := v_at || c_at[c];
        v_type := v_type || item.visitor_type;
        v_body := v_body || body;
      END IF;
    END IF;
    RETURN NEXT;
  END LOOP;

  IF lines IS NULL THEN RETURN; END IF;
  INSERT INTO chat_message (chat_id, sequence, kind, at, user_id, name, text, custom_type, client_id)
  SELECT m.chat_id, m.sequence, m.kind, m.at, m.user_id, m.name, m.text, m.custom_type, m.client_id
    FROM unnest(lines) m;
  WITH moved AS (
    UPDATE conversation v SET
      last_sequence = s.last_sequence,
      at = s.at,
      asked_at = CASE s.kind
        WHEN 'visitor' THEN CASE WHEN s.by_agent THEN s.at ELSE coalesce(v.asked_at, s.at) END
        WHEN 'agent' THEN NULL ELSE v.asked_at END,
      critical_due_at = CASE s.kind
        WHEN 'visitor' THEN CASE WHEN s.by_agent OR v.asked_at IS NULL THEN s.at + v.critical_wait_ms * interval '1 ms'
          ELSE v.critical_due_at END
        WHEN 'agent' THEN NULL ELSE v.critical_due_at END,
      idle_warning_due_at = CASE
        WHEN s.kind = 'visitor' THEN NULL
        WHEN s.kind IN ('agent', 'greeting') THEN s.at + v.idle_warning_ms * interval '1 ms'
        ELSE v.idle_warning_due_at END,
      idle_due_at = CASE
        WHEN s.kind = 'visitor' THEN NULL
        WHEN s.kind IN ('agent', 'greeting') THEN s.at + v.idle_timeout_ms * interval '1 ms'
        ELSE v.idle_due_at END,
      answered_at = CASE
        WHEN (v.critical_since IS NOT NULL AND s.by_agent) OR (v.idle_warned_at IS NOT NULL AND s.by_visitor)
        THEN coalesce(v.answered_at, s.at) ELSE v.answered_at END
      FROM unnest(c_id, c_sequence, c_at, c_kind, c_agent, c_visitor)
        AS s (chat_id, last_sequence, at, kind, by_agent, by_visitor)
     WHERE v.chat_id = s.chat_id AND v.last_sequence <> s.last_sequence
    RETURNING least(v.critical_due_at, v.idle_warning_due_at, v.idle_due_at, v.answered_at) AS due_at
  )
  SELECT epoch_ms(min(m.due_at)) INTO soonest FROM moved m;
  IF t_login IS NOT NULL THEN
    INSERT INTO agent_event (login_id, id, at, body)
    SELECT t.login_id, t.id, t.at, jsonb_build_object('type', 'line', 'line', t.line)
      FROM unnest(t_login, t_id, t_at, t_line) AS t (login_id, id, at, line);
    UPDATE agent_outbox b SET last_id = s.last_id
      FROM (SELECT u.login_id, max(u.last_id) AS last_id FROM unnest(e_login, e_last) AS u (login_id, last_id)
             GROUP BY u.login_id) s
     WHERE b.login_id = s.login_id AND b.last_id <> s.last_id;
  END IF;
  IF v_session IS NOT NULL THEN
    INSERT INTO visitor_message (session_id, at, type, body)
    SELECT u.session_id, u.at, u.type, u.body
      FROM unnest(v_session, v_at, v_type, v_body) WITH ORDINALITY AS u (session_id, at, type, body, nth) ORDER BY u.nth;
  END IF;
  IF p_session IS NOT NULL THEN
    ord := NULL;
    outcome := 'delivered';
    line := NULL;
    events := NULL;
    session_id := NULL;
    FOR delivery IN
      UPDATE visitor_session s SET sequence = s.sequence + u.count, batch = u.batch,
             taken_id = nextval('visitor_message_id_seq'), undelivered = false
        FROM unnest(p_session, p_batch, p_count, p_more) AS u (id, batch, count, more)
       WHERE s.id = u.id AND u.count > 0
      RETURNING jsonb_build_object('session_id', s.id, 'token', s.poll_token, 'batch', s.batch, 'sequence', s.sequence,
        'taken_id', s.taken_id, 'more', u.more OR u.count >= 200)
    LOOP
      RETURN NEXT;
    END LOOP;
  END IF;
  IF soonest IS NOT NULL THEN
    ord := NULL;
    outcome := 'due';
    line := NULL;
    events := NULL;
    session_id := NULL;
    delivery := NULL;
    due_at := soonest;
    RETURN NEXT;
  END IF;
END $$;

-- The same for one line, as floor_say_one; due_at comes in the line's row. Almost no line is known already, and to ask
-- first cost a tenth of the statement: one with a client id that is there fails on the index of client ids (23505), and
-- nothing of it is done; floor_store gives the answer.
CREATE FUNCTION floor_store_one(item jsonb, poll jsonb)
  RETURNS TABLE (ord int, outcome text, line jsonb, events jsonb, session_id text, delivery jsonb, due_at bigint)
  LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  chat CONSTANT bigint := item->>'chat_id';
  speaker_id CONSTANT bigint := item->>'login_id';
  line_kind CONSTANT text := item->>'kind';
  -- what the clocks take it for
  said_as CONSTANT text := CASE WHEN line_kind = 'agent' AND speaker_id IS NULL THEN 'greeting' ELSE line_kind END;
  own_id CONSTANT text := item->>'client_id';
  visitor_type CONSTANT text := item->>'visitor_type';
  said_at timestamptz(3);
  said chat_message;
  visitor text;
  body jsonb;
  agent record;
  speaker text;
  logins bigint[];
  ids bigint[];
BEGIN
  ord := 0;
  PERFORM 1 FROM conversation v WHERE v.chat_id = chat FOR UPDATE;
  said_at := date_trunc('milliseconds', floor_now());
  UPDATE conversation v SET
    last_sequence = v.last_sequence + 1,
    at = greatest(said_at, v.at),
    asked_at = CASE said_as
      WHEN 'visitor' THEN coalesce(v.asked_at, greatest(said_at, v.at)) WHEN 'agent' THEN NULL ELSE v.asked_at END,
    critical_due_at = CASE said_as
      WHEN 'visitor' THEN CASE WHEN v.asked_at IS NULL THEN greatest(said_at, v.at) + v.critical_wait_ms * interval '1 ms'
        ELSE v.critical_due_at END
      WHEN 'agent' THEN NULL ELSE v.critical_due_at END,
    idle_warning_due_at = CASE
      WHEN said_as = 'visitor' THEN NULL
      WHEN said_as IN ('agent', 'greeting') THEN greatest(said_at, v.at) + v.idle_warning_ms * interval '1 ms'
      ELSE v.idle_warning_due_at END,
    idle_due_at = CASE
      WHEN said_as = 'visitor' THEN NULL
      WHEN said_as IN ('agent', 'greeting') THEN greatest(said_at, v.at) + v.idle_timeout_ms * interval '1 ms'
      ELSE v.idle_due_at END,
    answered_at = CASE
      WHEN (v.critical_since IS NOT NULL AND said_as = 'agent') OR (v.idle_warned_at IS NOT NULL AND said_as = 'visitor')
      THEN coalesce(v.answered_at, greatest(said_at, v.at)) ELSE v.answered_at END
   WHERE v.chat_id = chat AND v.open
     AND (speaker_id IS NULL OR EXISTS (
       SELECT FROM engagement g WHERE g.chat_id = chat AND g.login_id = speaker_id AND g.ended_at IS NULL))
  RETURNING v.session_id, v.last_sequence, v.at,
      epoch_ms(least(v.critical_due_at, v.idle_warning_due_at, v.idle_due_at, v.answered_at))
    INTO visitor, said.sequence, said.at, due_at;
  IF NOT FOUND THEN
    SELECT 'known', chat_line(m) INTO outcome, line FROM chat_message m WHERE m.chat_id = chat AND m.client_id = own_id;
    IF NOT FOUND THEN outcome := 'closed'; END IF;
    RETURN NEXT;
    RETURN;
  END IF;
  FOR agent IN
    UPDATE agent_outbox b SET last_id = b.last_id + 1
      FROM engagement g WHERE g.chat_id = chat AND g.ended_at IS NULL AND b.login_id = g.login_id
    RETURNING b.login_id, b.last_id, g.name
  LOOP
    logins := logins || agent.login_id;
    ids := ids || agent.last_id;
    events := coalesce(events, '[]') || jsonb_build_array(jsonb_build_array(agent.login_id, agent.last_id));
    IF agent.login_id = speaker_id THEN speaker := agent.name; END IF;
  END LOOP;
  IF speaker_id IS NOT NULL AND speaker IS NULL THEN
    RAISE EXCEPTION 'the agent left while speaking' USING ERRCODE = 'FW001';
  END IF;
  said := ROW(chat, said.sequence, line_kind, said.at, item->>'user_id', coalesce(speaker, item->>'name'), item->>'text',
    item->>'custom_type', own_id);
  INSERT INTO chat_message (chat_id, sequence, kind, at, user_id, name, text, custom_type, client_id)
  VALUES (said.chat_id, said.sequence, said.kind, said.at, said.user_id, said.name, said.text, said.custom_type,
    said.client_id);
  outcome := 'stored';
  line := chat_line(said);
  FOR n IN 1 .. coalesce(cardinality(logins), 0) LOOP
    INSERT INTO agent_event (login_id, id, at, body)
    VALUES (logins[n], ids[n], said.at, jsonb_build_object('type', 'line', 'line', line));
  END LOOP;
  IF visitor_type IS NOT NULL THEN
    body := CASE WHEN visitor_type = 'ChatMessage' AND speaker IS NOT NULL
      THEN item->'visitor_body' || jsonb_build_object('name', speaker) ELSE item->'visitor_body' END;
    IF poll IS NOT NULL THEN
      UPDATE visitor_session s SET sequence = s.sequence + 1,
             batch = jsonb_build_array(jsonb_build_object('type', visitor_type, 'message', body)),
             taken_id = nextval('visitor_message_id_seq'), undelivered = false
       WHERE s.id = visitor AND s.id = poll->>'session_id' AND s.poll_token = (poll->>'token')::bigint
         AND s.sequence = (poll->>'sequence')::int
         AND NOT EXISTS (SELECT FROM visitor_message x WHERE x.session_id = visitor)
      RETURNING jsonb_build_object('session_id', s.id, 'token', s.poll_token, 'batch', s.batch, 'sequence', s.sequence,
        'taken_id', s.taken_id, 'more', s.closing) INTO delivery;
    END IF;
    IF delivery IS NULL THEN
      session_id := visitor;
      INSERT INTO visitor_message (session_id, at, type, body) VALUES (visitor, said.at, visitor_type, body);
    END IF;
  END IF;
  RETURN NEXT;
END $$;

-- What servers of earlier versions call, and floor_write (floor_journal, which asks floor_say).
CREATE OR REPLACE FUNCTION floor_say(items jsonb, polls jsonb)
  RETURNS TABLE (ord int, outcome text, line jsonb, events jsonb, session_id text, delivery jsonb)
  LANGUAGE sql AS $$
    SELECT s.ord, s.outcome, s.line, s.events, s.session_id, s.delivery FROM floor_store(items, polls) s
     WHERE s.outcome <> 'due'
$$;
CREATE OR REPLACE FUNCTION floor_say_one(item jsonb, poll jsonb)
  RETURNS TABLE (ord int, outcome text, line jsonb, events jsonb, session_id text, delivery jsonb)
  LANGUAGE sql AS $$
    SELECT s.ord, s.outcome, s.line, s.events, s.session_id, s.delivery
      FROM floor_say(jsonb_build_array(item), CASE WHEN poll IS NULL THEN '[]' ELSE jsonb_build_array(poll) END) s
$$;
`,
};
