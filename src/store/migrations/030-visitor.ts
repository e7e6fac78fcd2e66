/**
 * The visitor's side: sessions of the Chat REST API and what waits in them (live-agent-chat.md §13, DECISIONS 6).
 */
import type { Migration } from './migration.js';

export const migration: Migration = {
  id: '030-visitor',
  sql: `
CREATE TABLE visitor_session (
  id text COLLATE "C" PRIMARY KEY,
  -- SHA-256 of the whole session key
  key_hash bytea NOT NULL,
  affinity_token text COLLATE "C" NOT NULL,
  created_at timestamptz(3) NOT NULL,
  chat_id bigint REFERENCES chat,
  -- nothing more will come: once everything has been delivered the session is over
  closing boolean NOT NULL DEFAULT false,
  -- counts the times the numbers started over (ReconnectSession)
  post_epoch int NOT NULL DEFAULT 0,
  -- number of the last message delivered; the batch delivered and not yet confirmed ends with it
  sequence int NOT NULL DEFAULT -1,
  batch jsonb NOT NULL DEFAULT '[]',
  taken_id bigint NOT NULL DEFAULT 0,
  -- the answer with the batch did not go out whole: silence is no confirmation
  undelivered boolean NOT NULL DEFAULT false,
  -- the newest poll, and the server that may be holding it
  poll_token bigint NOT NULL DEFAULT 0,
  poll_node text COLLATE "C"
) WITH (fillfactor = 60);

-- When the visitor's client was last heard.
CREATE TABLE visitor_contact (
  session_id text COLLATE "C" PRIMARY KEY REFERENCES visitor_session,
  contact_at timestamptz(3) NOT NULL,
  warned_at timestamptz(3)
) WITH (fillfactor = 50);

-- Waiting to be delivered; a poll takes rows away and puts them into its session's batch.
CREATE TABLE visitor_message (
  session_id text COLLATE "C" NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz(3) NOT NULL,
  type text COLLATE "C" NOT NULL,
  body jsonb NOT NULL,
  PRIMARY KEY (session_id, id)
);

-- What polls get. Each item: {ord, session_id, poll, token, ack, node, early, late}. poll 'new' confirms what ack says
-- (null: everything) and bumps the token; poll 'again' is the same held poll looking once more, superseded if its token
-- is no longer the newest. early and late: transient messages to number before and after the durable ones.
-- outcome: 'batch', 'empty', 'superseded', or 'over' (no such session, or nothing more will come).
CREATE FUNCTION visitor_take(items jsonb)
  RETURNS TABLE (ord int, outcome text, token bigint, batch jsonb, sequence int, taken_id bigint, other_node text)
  LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  item record;
  s record;
  taken jsonb;
  newest bigint;
  stale_node text;
  delivers boolean := false;
BEGIN
  PERFORM 1 FROM visitor_session v
    WHERE v.id IN (SELECT i->>'session_id' FROM jsonb_array_elements(items) i) ORDER BY v.id FOR UPDATE;
  FOR item IN
    SELECT i.ord, i.session_id, i.poll, i.token, i.ack, i.node, coalesce(i.early, '[]') AS early,
           coalesce(i.late, '[]') AS late
      FROM jsonb_to_recordset(items) AS i (ord int, session_id text, poll text, token bigint, ack int, node text,
        early jsonb, late jsonb)
     ORDER BY i.ord
  LOOP
    SELECT v.closing, v.sequence, v.batch, v.taken_id, v.undelivered, v.poll_token, v.poll_node INTO s
      FROM visitor_session v WHERE v.id = item.session_id;
    IF NOT FOUND THEN
      RETURN QUERY SELECT item.ord, 'over', 0::bigint, NULL::jsonb, 0, 0::bigint, NULL::text;
      CONTINUE;
    END IF;
    stale_node := NULL;
    IF item.poll = 'again' THEN
      IF s.poll_token <> item.token THEN
        RETURN QUERY SELECT item.ord, 'superseded', s.poll_token, NULL::jsonb, 0, 0::bigint, NULL::text;
        CONTINUE;
      END IF;
    ELSE
      IF s.poll_node IS DISTINCT FROM item.node THEN stale_node := s.poll_node; END IF;
      s.poll_token := s.poll_token + 1;
      -- keep of the batch what was not confirmed
      s.batch := CASE
        WHEN item.ack IS NULL AND s.undelivered THEN s.batch
        WHEN item.ack IS NULL OR item.ack >= s.sequence THEN '[]'::jsonb
        WHEN item.ack < s.sequence - jsonb_array_length(s.batch) THEN s.batch
        ELSE coalesce((SELECT jsonb_agg(b.value ORDER BY b.ordinality)
                FROM jsonb_array_elements(s.batch) WITH ORDINALITY b
               WHERE s.sequence - jsonb_array_length(s.batch) + b.ordinality > item.ack), '[]') END;
    END IF;
    IF jsonb_array_length(s.batch) = 0 THEN
      WITH waiting AS (
        SELECT m.id, m.type, m.body, row_number() OVER (ORDER BY m.id) AS nth
          FROM visitor_message m WHERE m.session_id = item.session_id ORDER BY m.id LIMIT 200
      ), fit AS (
        -- these two types open a batch of their own (live-agent-chat.md §13.5)
        SELECT w.id, w.type, w.body FROM waiting w
         WHERE w.nth < coalesce((SELECT min(f.nth) FROM waiting f
                 WHERE f.type IN ('ChatEstablished', 'QueueUpdate') AND f.nth > 1), 1000)
      ), gone AS (
        DELETE FROM visitor_message m USING fit f WHERE m.session_id = item.session_id AND m.id = f.id
      )
      SELECT coalesce(jsonb_agg(jsonb_build_object('type', f.type, 'message', f.body) ORDER BY f.id), '[]'), max(f.id)
        INTO taken, newest FROM fit f;
      IF taken->0->>'type' IN ('ChatEstablished', 'QueueUpdate') THEN
        s.batch := taken || item.early || item.late;
      ELSE
        s.batch := item.early || taken || item.late;
      END IF;
      s.sequence := s.sequence + jsonb_array_length(s.batch);
      s.taken_id := coalesce(newest, s.taken_id);
      delivers := delivers OR newest IS NOT NULL;
    END IF;
    IF item.poll = 'new' OR jsonb_array_length(s.batch) > 0 THEN
      UPDATE visitor_session v SET sequence = s.sequence, batch = s.batch, taken_id = s.taken_id,
             undelivered = false, poll_token = s.poll_token, poll_node = item.node
       WHERE v.id = item.session_id;
    END IF;
    RETURN QUERY SELECT item.ord,
      CASE WHEN jsonb_array_length(s.batch) > 0 THEN 'batch' WHEN s.closing THEN 'over' ELSE 'empty' END,
      s.poll_token, s.batch, s.sequence, s.taken_id, stale_node;
  END LOOP;
  -- polls that found nothing new need not wait for the disk: lost, they are only asked again
  IF NOT delivers THEN PERFORM set_config('synchronous_commit', 'off', true); END IF;
END $$;
`,
};
