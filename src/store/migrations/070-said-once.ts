/**
 * A single line is stored without first asking whether it is known: almost none is, and the question cost a tenth of the
 * statement.
 */
import type { Migration } from './migration.js';

export const migration: Migration = {
  id: '070-said-once',
  sql: `
-- As in 065-held-polls, but a line with a client id that is there already fails on the index of client ids (23505), and
-- nothing of it is done: floor_say gives the answer.
CREATE OR REPLACE FUNCTION floor_say_one(item jsonb, poll jsonb)
  RETURNS TABLE (ord int, outcome text, line jsonb, events jsonb, session_id text, delivery jsonb)
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
`,
};
