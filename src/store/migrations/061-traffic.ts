/**
 * Lines and polls at the price they should have. The functions of 020 and 030 did their work in one statement of twelve
 * parts: right, but a batch of one cost six times a plain INSERT, nearly all of it setting that statement up. These
 * gather what a batch touches into arrays by two locking statements, decide in plain code, and write each table once.
 */
import type { Migration } from './migration.js';

export const migration: Migration = {
  id: '061-traffic',
  sql: `
-- What is called IMMUTABLE but asks for something STABLE is never inlined: every statement paid for parsing it.
CREATE OR REPLACE FUNCTION epoch_ms(t timestamptz) RETURNS bigint
  LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT round(extract(epoch FROM t) * 1000)::bigint $$;

-- Both rows are written under a lock of the row they refer to, by the functions below and floor_write alone.
ALTER TABLE chat_message DROP CONSTRAINT chat_message_chat_id_fkey;
ALTER TABLE agent_event DROP CONSTRAINT agent_event_login_id_fkey;

-- As in 020-floor: stores lines said in chats and puts them into the outboxes of everyone who must learn of them. Each
-- item: {ord, chat_id, kind, login_id?, user_id?, name, text, custom_type?, client_id?, visitor_type?, visitor_body?}.
-- One row comes back for each: outcome 'stored', 'known' (the client id was there already) or 'closed'.
-- Its plans are kept from when the tables were small; without these settings they would read tables that have grown.
CREATE OR REPLACE FUNCTION floor_journal(items jsonb)
  RETURNS TABLE (ord int, outcome text, line jsonb, events jsonb, session_id text)
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
  said_at timestamptz(3);
  item record;
  said chat_message;
  speaker text;
  c int;
  e int;
  o int;
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
    -- who spoke last decides the clocks; whispers and notices of the system do not
    IF item.kind IN ('visitor', 'agent') THEN
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
      session_id := c_session[c];
      v_session := v_session || c_session[c];
      v_at := v_at || c_at[c];
      v_type := v_type || item.visitor_type;
      v_body := v_body || CASE WHEN item.visitor_type = 'ChatMessage' AND speaker IS NOT NULL
        THEN item.visitor_body || jsonb_build_object('name', speaker) ELSE item.visitor_body END;
    END IF;
    RETURN NEXT;
  END LOOP;

  IF lines IS NULL THEN RETURN; END IF;
  INSERT INTO chat_message (chat_id, sequence, kind, at, user_id, name, text, custom_type, client_id)
  SELECT m.chat_id, m.sequence, m.kind, m.at, m.user_id, m.name, m.text, m.custom_type, m.client_id
    FROM unnest(lines) m;
  UPDATE conversation v SET
    last_sequence = s.last_sequence,
    at = s.at,
    critical_due_at = CASE s.kind
      WHEN 'visitor' THEN
        CASE WHEN v.critical_since IS NOT NULL AND s.by_agent IS NULL THEN NULL
             WHEN s.by_agent THEN s.at + v.critical_wait_ms * interval '1 ms'
             ELSE coalesce(v.critical_due_at, s.at + v.critical_wait_ms * interval '1 ms') END
      WHEN 'agent' THEN NULL ELSE v.critical_due_at END,
    idle_warning_due_at = CASE s.kind
      WHEN 'visitor' THEN NULL WHEN 'agent' THEN s.at + v.idle_warning_ms * interval '1 ms'
      ELSE v.idle_warning_due_at END,
    idle_due_at = CASE s.kind
      WHEN 'visitor' THEN NULL WHEN 'agent' THEN s.at + v.idle_timeout_ms * interval '1 ms'
      ELSE v.idle_due_at END,
    answered_at = CASE
      WHEN (v.critical_since IS NOT NULL AND s.by_agent) OR (v.idle_warned_at IS NOT NULL AND s.by_visitor)
      THEN coalesce(v.answered_at, s.at) ELSE v.answered_at END
    FROM unnest(c_id, c_sequence, c_at, c_kind, c_agent, c_visitor)
      AS s (chat_id, last_sequence, at, kind, by_agent, by_visitor)
   WHERE v.chat_id = s.chat_id AND v.last_sequence <> s.last_sequence;
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
END $$;

-- The same for one line, as when there is no rush: half the statements. Should an agent have left between the two first
-- of them, it fails with FW001, and so does the unique index when another server stored the same line just now: said
-- again, the answer is the right one.
CREATE FUNCTION floor_journal_one(item jsonb)
  RETURNS TABLE (ord int, outcome text, line jsonb, events jsonb, session_id text)
  LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  chat CONSTANT bigint := item->>'chat_id';
  speaker_id CONSTANT bigint := item->>'login_id';
  line_kind CONSTANT text := item->>'kind';
  own_id CONSTANT text := item->>'client_id';
  visitor_type CONSTANT text := item->>'visitor_type';
  said_at timestamptz(3);
  said chat_message;
  visitor text;
  agent record;
  speaker text;
  logins bigint[];
  ids bigint[];
BEGIN
  ord := 0;
  IF own_id IS NOT NULL THEN
    SELECT chat_line(m) INTO line FROM chat_message m WHERE m.chat_id = chat AND m.client_id = own_id;
    IF FOUND THEN
      outcome := 'known';
      RETURN NEXT;
      RETURN;
    END IF;
  END IF;
  PERFORM 1 FROM conversation v WHERE v.chat_id = chat FOR UPDATE;
  said_at := date_trunc('milliseconds', floor_now());
  UPDATE conversation v SET
    last_sequence = v.last_sequence + 1,
    at = greatest(said_at, v.at),
    critical_due_at = CASE line_kind
      WHEN 'visitor' THEN CASE WHEN v.critical_since IS NOT NULL THEN NULL
        ELSE coalesce(v.critical_due_at, greatest(said_at, v.at) + v.critical_wait_ms * interval '1 ms') END
      WHEN 'agent' THEN NULL ELSE v.critical_due_at END,
    idle_warning_due_at = CASE line_kind
      WHEN 'visitor' THEN NULL WHEN 'agent' THEN greatest(said_at, v.at) + v.idle_warning_ms * interval '1 ms'
      ELSE v.idle_warning_due_at END,
    idle_due_at = CASE line_kind
      WHEN 'visitor' THEN NULL WHEN 'agent' THEN greatest(said_at, v.at) + v.idle_timeout_ms * interval '1 ms'
      ELSE v.idle_due_at END,
    answered_at = CASE
      WHEN (v.critical_since IS NOT NULL AND line_kind = 'agent') OR (v.idle_warned_at IS NOT NULL AND line_kind = 'visitor')
      THEN coalesce(v.answered_at, greatest(said_at, v.at)) ELSE v.answered_at END
   WHERE v.chat_id = chat AND v.open
     AND (speaker_id IS NULL OR EXISTS (
       SELECT FROM engagement g WHERE g.chat_id = chat AND g.login_id = speaker_id AND g.ended_at IS NULL))
  RETURNING v.session_id, v.last_sequence, v.at INTO visitor, said.sequence, said.at;
  IF NOT FOUND THEN
    outcome := 'closed';
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
    session_id := visitor;
    INSERT INTO visitor_message (session_id, at, type, body)
    VALUES (visitor, said.at, visitor_type, CASE WHEN visitor_type = 'ChatMessage' AND speaker IS NOT NULL
      THEN item->'visitor_body' || jsonb_build_object('name', speaker) ELSE item->'visitor_body' END);
  END IF;
  RETURN NEXT;
END $$;

-- What polls get: visitor_take of 030-visitor, which nodes of the version before call, with one kind of poll more and a
-- word on whether the next poll will find something, or the session over. Each item is
-- {ord, session_id, poll, token, ack, node, early, late}. poll 'new' confirms what ack says (null: everything) and takes
-- the next token; 'next' does the same under the token of the poll before it, so that nothing had to be written when it
-- came; 'again' is a held poll looking once more. The last two are superseded if their token is no longer the newest.
CREATE FUNCTION visitor_serve(items jsonb)
  RETURNS TABLE (ord int, outcome text, token bigint, batch jsonb, sequence int, taken_id bigint, other_node text,
    more boolean)
  LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  sessions CONSTANT text[] := array(SELECT DISTINCT i->>'session_id' FROM jsonb_array_elements(items) i);
  s_id text[];
  s_closing boolean[];
  s_sequence int[];
  s_batch jsonb[];
  s_taken bigint[];
  s_undelivered boolean[];
  s_token bigint[];
  s_node text[];
  s_changed boolean[];
  -- what waits, by session and id
  m_session text[];
  m_id bigint[];
  m_type text[];
  m_body jsonb[];
  gone_session text[];
  gone_id bigint[];
  item record;
  kept jsonb;
  taken jsonb;
  is_first boolean;
  s int;
  m int;
BEGIN
  SELECT array_agg(t.id), array_agg(t.closing), array_agg(t.sequence), array_agg(t.batch), array_agg(t.taken_id),
         array_agg(t.undelivered), array_agg(t.poll_token), array_agg(t.poll_node)
    INTO s_id, s_closing, s_sequence, s_batch, s_taken, s_undelivered, s_token, s_node
    FROM (SELECT v.id, v.closing, v.sequence, v.batch, v.taken_id, v.undelivered, v.poll_token, v.poll_node
            FROM visitor_session v WHERE v.id = ANY (sessions) ORDER BY v.id FOR UPDATE) t;
  s_changed := array_fill(false, ARRAY[coalesce(cardinality(s_id), 0)]);
  SELECT array_agg(w.session_id), array_agg(w.id), array_agg(w.type), array_agg(w.body)
    INTO m_session, m_id, m_type, m_body
    FROM (SELECT n.session_id, n.id, n.type, n.body FROM unnest(s_id) AS u (id)
           CROSS JOIN LATERAL (SELECT x.session_id, x.id, x.type, x.body FROM visitor_message x
                                WHERE x.session_id = u.id ORDER BY x.id LIMIT 200) n ORDER BY n.session_id, n.id) w;

  FOR item IN
    SELECT i.ord, i.session_id, i.poll, i.token, i.ack, i.node, coalesce(i.early, '[]') AS early,
           coalesce(i.late, '[]') AS late
      FROM jsonb_to_recordset(items) AS i (ord int, session_id text, poll text, token bigint, ack int, node text,
        early jsonb, late jsonb)
  LOOP
    ord := item.ord;
    batch := NULL;
    token := 0;
    sequence := 0;
    taken_id := 0;
    other_node := NULL;
    more := true;
    s := array_position(s_id, item.session_id);
    IF s IS NULL THEN
      outcome := 'over';
      RETURN NEXT;
      CONTINUE;
    END IF;
    IF item.poll <> 'new' AND s_token[s] <> item.token THEN
      outcome := 'superseded';
      token := s_token[s];
      RETURN NEXT;
      CONTINUE;
    END IF;
    IF item.poll <> 'again' THEN
      -- keep of the batch what was not confirmed
      kept := CASE
        WHEN item.ack IS NULL AND s_undelivered[s] THEN s_batch[s]
        WHEN item.ack IS NULL OR item.ack >= s_sequence[s] THEN '[]'::jsonb
        WHEN item.ack < s_sequence[s] - jsonb_array_length(s_batch[s]) THEN s_batch[s]
        ELSE coalesce((SELECT jsonb_agg(b.value ORDER BY b.ordinality)
                FROM jsonb_array_elements(s_batch[s]) WITH ORDINALITY b
               WHERE s_sequence[s] - jsonb_array_length(s_batch[s]) + b.ordinality > item.ack), '[]') END;
      s_batch[s] := kept;
    END IF;
    IF item.poll = 'new' THEN
      IF s_node[s] IS DISTINCT FROM item.node THEN other_node := s_node[s]; END IF;
      s_token[s] := s_token[s] + 1;
      s_node[s] := item.node;
      s_undelivered[s] := false;
      s_changed[s] := true;
    END IF;
    IF jsonb_array_length(s_batch[s]) = 0 THEN
      taken := '[]';
      is_first := true;
      m := array_position(m_session, item.session_id);
      WHILE m IS NOT NULL AND m_session[m] = item.session_id LOOP
        -- these two types open a batch of their own (live-agent-chat.md §13.5)
        EXIT WHEN NOT is_first AND m_type[m] IN ('ChatEstablished', 'QueueUpdate');
        taken := taken || jsonb_build_object('type', m_type[m], 'message', m_body[m]);
        gone_session := gone_session || item.session_id;
        gone_id := gone_id || m_id[m];
        s_taken[s] := m_id[m];
        m_session[m] := '';
        is_first := false;
        m := m + 1;
      END LOOP;
      IF taken->0->>'type' IN ('ChatEstablished', 'QueueUpdate') THEN
        taken := taken || item.early || item.late;
      ELSE
        taken := item.early || taken || item.late;
      END IF;
      s_batch[s] := taken;
      s_sequence[s] := s_sequence[s] + jsonb_array_length(taken);
    END IF;
    token := s_token[s];
    batch := s_batch[s];
    sequence := s_sequence[s];
    taken_id := s_taken[s];
    more := s_closing[s] OR array_position(m_session, item.session_id) IS NOT NULL
      OR jsonb_array_length(s_batch[s]) >= 200;
    IF jsonb_array_length(batch) > 0 THEN
      outcome := 'batch';
      s_undelivered[s] := false;
      s_changed[s] := true;
    ELSE
      outcome := CASE WHEN s_closing[s] THEN 'over' ELSE 'empty' END;
    END IF;
    RETURN NEXT;
  END LOOP;

  IF true = ANY (s_changed) THEN
    UPDATE visitor_session v SET sequence = u.sequence, batch = u.batch, taken_id = u.taken_id,
           undelivered = u.undelivered, poll_token = u.token, poll_node = u.node
      FROM unnest(s_id, s_sequence, s_batch, s_taken, s_undelivered, s_token, s_node, s_changed)
        AS u (id, sequence, batch, taken_id, undelivered, token, node, changed)
     WHERE v.id = u.id AND u.changed;
  END IF;
  IF gone_id IS NOT NULL THEN
    DELETE FROM visitor_message x USING unnest(gone_session, gone_id) AS u (session_id, id)
     WHERE x.session_id = u.session_id AND x.id = u.id;
  ELSE
    -- polls that found nothing new need not wait for the disk: lost, they are only asked again
    PERFORM set_config('synchronous_commit', 'off', true);
  END IF;
END $$;
`,
};
