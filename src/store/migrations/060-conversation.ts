/**
 * What belongs to a conversation beside its lines: places in the queue as visitors were told them, the page a visitor
 * looks at, files that were asked for and sent, and which lines sensitive-data rules touched. None of it takes the floor
 * lock.
 */
import type { Migration } from './migration.js';

/** Key of the advisory lock under which one server at a time tells visitors their places. */
const QUEUE_LOCK = 0x51554555; // QUEU

export const migration: Migration = {
  id: '060-conversation',
  sql: `
-- A request whose visitor wants QueueUpdate messages, and the place it was told last. The row goes once it is accepted or over.
CREATE TABLE queue_place (
  chat_id bigint PRIMARY KEY REFERENCES chat,
  position int NOT NULL
) WITH (fillfactor = 50);

-- The page of the site the visitor looks at (Visitor/Breadcrumb).
CREATE TABLE visitor_page (
  chat_id bigint PRIMARY KEY REFERENCES chat,
  location text NOT NULL
);

-- A file an agent asked the visitor for. At most one of a chat is asked for at a time.
CREATE TABLE file_transfer (
  id text COLLATE "C" PRIMARY KEY,
  chat_id bigint NOT NULL REFERENCES chat,
  user_id text COLLATE "C" NOT NULL,
  -- SHA-256 of the token that opens the upload, once; null when it has been used or taken back
  token_hash bytea,
  state text COLLATE "C" NOT NULL CHECK (state IN ('requested', 'uploading', 'success', 'failure', 'cancelled')),
  name text,
  content_type text COLLATE "C",
  size int,
  requested_at timestamptz(3) NOT NULL,
  due_at timestamptz(3),
  finished_at timestamptz(3),
  CHECK ((state IN ('requested', 'uploading')) = (due_at IS NOT NULL))
);
CREATE INDEX file_transfer_chat ON file_transfer (chat_id, requested_at);
CREATE UNIQUE INDEX file_transfer_one_open ON file_transfer (chat_id) WHERE due_at IS NOT NULL;
CREATE INDEX file_transfer_due ON file_transfer (due_at) WHERE due_at IS NOT NULL;
CREATE UNIQUE INDEX file_transfer_token ON file_transfer (token_hash) WHERE token_hash IS NOT NULL;

-- The bytes, in pieces of the same size, so that any server can send them without holding the whole.
CREATE TABLE file_chunk (
  transfer_id text COLLATE "C" NOT NULL REFERENCES file_transfer ON DELETE CASCADE,
  nth int NOT NULL,
  data bytea NOT NULL,
  PRIMARY KEY (transfer_id, nth)
);
ALTER TABLE file_chunk ALTER COLUMN data SET STORAGE EXTERNAL;

-- A line that sensitive-data rules changed, or a report of the visitor's client that they did (then without a line).
CREATE TABLE sensitive_data_hit (
  chat_id bigint NOT NULL REFERENCES chat,
  nth bigint GENERATED ALWAYS AS IDENTITY,
  line int,
  at timestamptz(3) NOT NULL,
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('visitor', 'agent', 'whisper')),
  user_id text COLLATE "C",
  rules text NOT NULL,
  PRIMARY KEY (chat_id, nth)
);
CREATE UNIQUE INDEX sensitive_data_hit_line ON sensitive_data_hit (chat_id, line) WHERE line IS NOT NULL;

-- What a purge looks for, and what its foreign keys look at.
CREATE INDEX chat_ended ON chat (ended_at) WHERE state = 'ended';
CREATE INDEX visitor_session_chat ON visitor_session (chat_id) WHERE chat_id IS NOT NULL;
CREATE INDEX visitor_session_unused ON visitor_session (created_at) WHERE chat_id IS NULL;

-- Tells visitors whose place in the queue has changed (live-agent-chat.md §8.3, §13.7); gives their sessions. A place counts every
-- request of the same button, or straight to the same agent, that nobody has accepted and that came no later. One
-- server at a time; a request that is being changed just now is told at the next turn.
CREATE FUNCTION queue_updates() RETURNS SETOF text
  LANGUAGE plpgsql AS $$
DECLARE
  told_at timestamptz(3);
BEGIN
  IF NOT EXISTS (SELECT FROM queue_place) OR NOT pg_try_advisory_xact_lock(${QUEUE_LOCK}) THEN RETURN; END IF;
  DELETE FROM queue_place q USING chat c
   WHERE c.id = q.chat_id AND (c.state IN ('engaged', 'ended') OR c.established_at IS NOT NULL);
  told_at := date_trunc('milliseconds', floor_now());
  RETURN QUERY
  WITH ranked AS (
    SELECT c.id, row_number() OVER (PARTITION BY c.button_id, c.target_user_id ORDER BY c.requested_at, c.id)::int AS position
      FROM chat c WHERE c.state IN ('waiting', 'offered')
  ), moved AS MATERIALIZED (
    SELECT c.id, c.chat_key, c.button_id, c.requested_at, r.position
      FROM ranked r JOIN queue_place q ON q.chat_id = r.id AND q.position <> r.position JOIN chat c ON c.id = r.id
     WHERE c.state IN ('waiting', 'offered') ORDER BY c.id LIMIT 5000 FOR SHARE OF c SKIP LOCKED
  ), kept AS (
    UPDATE queue_place q SET position = m.position FROM moved m WHERE q.chat_id = m.id
  ), told AS (
    INSERT INTO visitor_message (session_id, at, type, body)
    SELECT m.chat_key, told_at, 'QueueUpdate', jsonb_build_object('position', m.position, 'estimatedWaitTime',
             CASE WHEN w.average_ms IS NULL THEN -1
               ELSE greatest(0, round((w.average_ms - epoch_ms(told_at) + epoch_ms(m.requested_at)) / 1000)) END)
      FROM moved m LEFT JOIN button_wait w ON w.button_id = m.button_id
    RETURNING session_id
  )
  SELECT session_id FROM told;
END $$;
`,
};
