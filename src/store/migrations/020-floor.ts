/**
 * The floor: logins, chats, offers, engagements, conversations, and the logs they are projections of (DECISIONS 2 to 5).
 *
 * Lock order, everywhere: the floor lock (floor_enter), then conversation rows ascending, then agent_outbox rows
 * ascending. What changes an offer, an engagement, a status or a capacity holds the floor lock; messages never do.
 */
import type { Migration } from './migration.js';

/** Key of the advisory lock that serialises the floor. */
export const FLOOR_LOCK = 0x464c4f4f; // FLOO

export const migration: Migration = {
  id: '020-floor',
  sql: `
-- One login of one agent: from Online or Away until Offline, logout or lost contact. The record is inserted when it ends.
CREATE TABLE login (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id text COLLATE "C" NOT NULL,
  name text NOT NULL,
  started_at timestamptz(3) NOT NULL,
  status text COLLATE "C" NOT NULL CHECK (status IN ('Online', 'Away')),
  status_since timestamptz(3) NOT NULL,
  connected boolean NOT NULL,
  -- what the agent's configuration allows; capacity also counts in the meter
  settings jsonb NOT NULL,
  capacity int,
  engaged int NOT NULL DEFAULT 0 CHECK (engaged >= 0),
  offered int NOT NULL DEFAULT 0 CHECK (offered >= 0),
  -- may be offered something now
  routable boolean NOT NULL DEFAULT false,
  last_offer_at timestamptz(3),
  -- last event of the log, and the fold of all of it (src/chat/meter.ts)
  seq int NOT NULL,
  at timestamptz(3) NOT NULL,
  meter jsonb NOT NULL,
  ended_at timestamptz(3),
  end_reason text COLLATE "C" CHECK (end_reason IN ('logout', 'lost', 'supervisor', 'deactivated', 'shutdown')),
  session_id text COLLATE "C",
  CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
  CHECK (engaged + offered <= coalesce(capacity, 0) OR NOT routable)
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX login_open ON login (user_id) WHERE ended_at IS NULL;

-- When the agent's client was last heard; narrow, because it is written every few seconds.
CREATE TABLE login_contact (
  login_id bigint PRIMARY KEY REFERENCES login,
  contact_at timestamptz(3) NOT NULL
) WITH (fillfactor = 50);

-- Servers, and the sockets of agents each holds. A login without any is lost.
CREATE TABLE floor_node (
  id text COLLATE "C" PRIMARY KEY,
  started_at timestamptz(3) NOT NULL,
  alive_at timestamptz(3) NOT NULL
) WITH (fillfactor = 50);
CREATE TABLE login_connection (
  id text COLLATE "C" PRIMARY KEY,
  login_id bigint NOT NULL REFERENCES login,
  node_id text COLLATE "C" NOT NULL
);
CREATE INDEX login_connection_login ON login_connection (login_id);
CREATE INDEX login_connection_node ON login_connection (node_id);

-- The truth about a login. Append-only.
CREATE TABLE floor_event (
  login_id bigint NOT NULL REFERENCES login,
  seq int NOT NULL,
  at timestamptz(3) NOT NULL,
  contact_at timestamptz(3) NOT NULL,
  kind text COLLATE "C" NOT NULL,
  chat_id bigint,
  actor text COLLATE "C",
  detail jsonb,
  PRIMARY KEY (login_id, seq)
);

-- What routing looks at: one row for each skill of an open login, ordered by how much room it has.
CREATE TABLE login_skill (
  skill_id text COLLATE "C" NOT NULL,
  login_id bigint NOT NULL REFERENCES login,
  user_id text COLLATE "C" NOT NULL,
  online boolean NOT NULL DEFAULT false,
  routable boolean NOT NULL DEFAULT false,
  active int NOT NULL DEFAULT 0,
  free int NOT NULL DEFAULT 0,
  waiting_since timestamptz(3) NOT NULL,
  PRIMARY KEY (skill_id, login_id)
) WITH (fillfactor = 70);
CREATE INDEX login_skill_login ON login_skill (login_id);
CREATE INDEX login_skill_least_active ON login_skill (skill_id, active, waiting_since, login_id) WHERE routable;
CREATE INDEX login_skill_most_available ON login_skill (skill_id, free DESC, waiting_since, login_id) WHERE routable;

-- A visitor's request and the chat that comes of it.
CREATE TABLE chat (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  chat_key text COLLATE "C" NOT NULL UNIQUE,
  state text COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'offered', 'engaged', 'ended')),
  deployment_id text COLLATE "C" NOT NULL,
  button_id text COLLATE "C",
  -- who qualifies now: agents of any of these skills, or this one user
  skill_ids text[] COLLATE "C" NOT NULL,
  target_user_id text COLLATE "C",
  -- where to try next: [{buttonId, agentId}], in order
  fallbacks jsonb NOT NULL DEFAULT '[]',
  request jsonb NOT NULL,
  requested_at timestamptz(3) NOT NULL,
  waiting_since timestamptz(3) NOT NULL,
  established_at timestamptz(3),
  ended_at timestamptz(3),
  -- users who refused it, and who let it time out, in this round of offers
  declined_by text[] COLLATE "C" NOT NULL DEFAULT '{}',
  timed_out_by text[] COLLATE "C" NOT NULL DEFAULT '{}',
  attempts int NOT NULL DEFAULT 0,
  -- counts the offers made
  generation int NOT NULL DEFAULT 0,
  last_assigned_user_id text COLLATE "C",
  last_operator_user_id text COLLATE "C",
  queue_position int,
  ended_by text COLLATE "C",
  end_reason text COLLATE "C",
  outcome text COLLATE "C",
  transcript_id text COLLATE "C",
  seq int NOT NULL,
  at timestamptz(3) NOT NULL,
  CHECK ((state = 'ended') = (ended_at IS NOT NULL))
) WITH (fillfactor = 70);
CREATE INDEX chat_waiting ON chat (requested_at, id) WHERE state = 'waiting';
CREATE INDEX chat_open ON chat (id) WHERE state <> 'ended';
CREATE INDEX chat_unwritten ON chat (id) WHERE state = 'ended' AND transcript_id IS NULL;

-- The truth about a chat; LiveChatTranscriptEvent rows are made of it when it is over. Append-only.
CREATE TABLE chat_event (
  chat_id bigint NOT NULL REFERENCES chat,
  seq int NOT NULL,
  at timestamptz(3) NOT NULL,
  type text COLLATE "C" NOT NULL,
  user_id text COLLATE "C",
  login_id bigint,
  detail text,
  PRIMARY KEY (chat_id, seq)
);

-- A request in front of an agent. due_at is its push time-out; the generation is the key, so each fires once.
CREATE TABLE offer (
  chat_id bigint NOT NULL REFERENCES chat,
  generation int NOT NULL,
  login_id bigint NOT NULL REFERENCES login,
  user_id text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('push', 'direct', 'choice', 'transfer', 'conference')),
  state text COLLATE "C" NOT NULL CHECK (state IN ('open', 'accepted', 'declined', 'timedOut', 'withdrawn')),
  offered_at timestamptz(3) NOT NULL,
  due_at timestamptz(3),
  ended_at timestamptz(3),
  from_login_id bigint,
  PRIMARY KEY (chat_id, generation),
  CHECK ((state = 'open') = (ended_at IS NULL))
);
-- Whatever else goes wrong, the database refuses to offer a chat twice at a time.
CREATE UNIQUE INDEX offer_one_open ON offer (chat_id) WHERE state = 'open' AND kind <> 'conference';
CREATE INDEX offer_open_login ON offer (login_id) WHERE state = 'open';
CREATE INDEX offer_due ON offer (due_at) WHERE state = 'open' AND due_at IS NOT NULL;

-- An agent in a chat; carries the generation of the offer it came of.
CREATE TABLE engagement (
  chat_id bigint NOT NULL REFERENCES chat,
  generation int NOT NULL,
  login_id bigint NOT NULL REFERENCES login,
  user_id text COLLATE "C" NOT NULL,
  name text NOT NULL,
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('primary', 'conference')),
  started_at timestamptz(3) NOT NULL,
  ended_at timestamptz(3),
  flag_message text,
  flag_raised_at timestamptz(3),
  PRIMARY KEY (chat_id, generation)
);
CREATE UNIQUE INDEX engagement_once ON engagement (chat_id, login_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX engagement_one_primary ON engagement (chat_id) WHERE ended_at IS NULL AND kind = 'primary';
CREATE INDEX engagement_open_login ON engagement (login_id) WHERE ended_at IS NULL;

-- The talk of a chat: numbers its lines and keeps the clocks that lines set and stop.
CREATE TABLE conversation (
  chat_id bigint PRIMARY KEY REFERENCES chat,
  session_id text COLLATE "C" NOT NULL,
  open boolean NOT NULL DEFAULT true,
  last_sequence int NOT NULL DEFAULT 0,
  at timestamptz(3) NOT NULL,
  -- set while an agent is engaged; null: off
  critical_wait_ms int,
  idle_warning_ms int,
  idle_timeout_ms int,
  critical_due_at timestamptz(3),
  critical_since timestamptz(3),
  idle_warning_due_at timestamptz(3),
  idle_warned_at timestamptz(3),
  idle_due_at timestamptz(3),
  -- a line stopped a clock that had rung; the floor writes that down
  answered_at timestamptz(3)
) WITH (fillfactor = 50);
CREATE INDEX conversation_due ON conversation
  (least(critical_due_at, idle_warning_due_at, idle_due_at, answered_at))
  WHERE open AND least(critical_due_at, idle_warning_due_at, idle_due_at, answered_at) IS NOT NULL;

CREATE TABLE chat_message (
  chat_id bigint NOT NULL REFERENCES conversation,
  sequence int NOT NULL,
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('visitor', 'agent', 'system', 'custom', 'whisper')),
  at timestamptz(3) NOT NULL,
  user_id text COLLATE "C",
  name text NOT NULL,
  text text NOT NULL,
  custom_type text,
  -- sender and its own id of the line: said twice, stored once
  client_id text COLLATE "C",
  PRIMARY KEY (chat_id, sequence)
);
CREATE UNIQUE INDEX chat_message_client ON chat_message (chat_id, client_id) WHERE client_id IS NOT NULL;

-- What an agent's clients must learn, numbered without gaps in commit order: the row lock on the counter is held until
-- the commit, so nobody who reads "after n" can miss a number that commits late.
CREATE TABLE agent_outbox (
  login_id bigint PRIMARY KEY REFERENCES login,
  last_id bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
CREATE TABLE agent_event (
  login_id bigint NOT NULL REFERENCES login,
  id bigint NOT NULL,
  at timestamptz(3) NOT NULL,
  body jsonb NOT NULL,
  PRIMARY KEY (login_id, id)
);

-- Exponential average of the waits of a button's visitors (live-agent-chat.md §8.3).
CREATE TABLE button_wait (
  button_id text COLLATE "C" PRIMARY KEY,
  average_ms double precision NOT NULL
);

CREATE FUNCTION epoch_ms(t timestamptz) RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT round(extract(epoch FROM t) * 1000)::bigint $$;

-- A line as both protocols and the outboxes carry it (ChatLine in src/chat/floor.ts).
CREATE FUNCTION chat_line(m chat_message) RETURNS jsonb
  LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('chatId', m.chat_id::text, 'sequence', m.sequence, 'kind', m.kind, 'at', epoch_ms(m.at),
    'userId', m.user_id, 'name', m.name, 'text', m.text, 'customType', m.custom_type,
    'clientId', substring(m.client_id FROM '^a:[^:]*:(.*)$'))
$$;

-- Takes the floor lock, then reads the clock: the other way round gives a time from before the wait (DECISIONS 2).
CREATE FUNCTION floor_enter() RETURNS timestamptz
  LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(${FLOOR_LOCK});
  RETURN date_trunc('milliseconds', floor_now());
END $$;

-- Stores lines said in chats and puts them into the outboxes of everyone who must learn of them. Each item:
-- {ord, chat_id, kind, login_id?, user_id?, name, text, custom_type?, client_id?, visitor_type?, visitor_body?}.
-- login_id: an agent speaks, who must be engaged, and under the name the engagement has. One row comes back for each item; outcome 'stored', 'known' (the
-- client id was there already) or 'closed' (nobody may speak here, or not any more).
CREATE FUNCTION floor_journal(items jsonb)
  RETURNS TABLE (ord int, outcome text, line jsonb, events jsonb, session_id text)
  LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  chats CONSTANT bigint[] := array(SELECT DISTINCT (i->>'chat_id')::bigint FROM jsonb_array_elements(items) i);
  said_at timestamptz(3);
BEGIN
  PERFORM 1 FROM conversation c WHERE c.chat_id = ANY (chats) ORDER BY c.chat_id FOR UPDATE;
  PERFORM 1 FROM agent_outbox o
    WHERE o.login_id IN (SELECT e.login_id FROM engagement e WHERE e.chat_id = ANY (chats) AND e.ended_at IS NULL)
    ORDER BY o.login_id FOR UPDATE;
  said_at := date_trunc('milliseconds', floor_now());
  RETURN QUERY
  WITH input AS (
    SELECT i.ord, i.chat_id, i.kind, i.login_id, i.user_id, i.name, i.text, i.custom_type, i.client_id,
           i.visitor_type, i.visitor_body
      FROM jsonb_to_recordset(items) AS i (ord int, chat_id bigint, kind text, login_id bigint, user_id text, name text,
        text text, custom_type text, client_id text, visitor_type text, visitor_body jsonb)
  ), known AS (
    SELECT i.ord, chat_line(m) AS line
      FROM input i JOIN chat_message m ON m.chat_id = i.chat_id AND m.client_id = i.client_id
  ), numbered AS (
    SELECT i.ord, i.chat_id, i.kind, i.login_id, i.user_id, coalesce(e.name, i.name) AS name, i.text, i.custom_type,
           i.client_id, i.visitor_type,
           CASE WHEN i.visitor_type = 'ChatMessage' AND e.name IS NOT NULL
                THEN i.visitor_body || jsonb_build_object('name', e.name) ELSE i.visitor_body END AS visitor_body,
           c.session_id, greatest(said_at, c.at) AS at,
           c.last_sequence + row_number() OVER (PARTITION BY i.chat_id ORDER BY i.ord)::int AS sequence
      FROM input i JOIN conversation c ON c.chat_id = i.chat_id AND c.open
      LEFT JOIN engagement e ON e.chat_id = i.chat_id AND e.login_id = i.login_id AND e.ended_at IS NULL
     WHERE NOT EXISTS (SELECT FROM known k WHERE k.ord = i.ord)
       AND (i.login_id IS NULL OR e.login_id IS NOT NULL)
  ), spoken AS (
    SELECT n.chat_id, max(n.sequence) AS last_sequence, max(n.at) AS at,
           -- who spoke last decides the clocks; whispers and notices of the system do not
           (array_agg(n.kind ORDER BY n.sequence DESC) FILTER (WHERE n.kind IN ('visitor', 'agent')))[1] AS last_kind,
           bool_or(n.kind = 'agent') AS by_agent, bool_or(n.kind = 'visitor') AS by_visitor
      FROM numbered n GROUP BY n.chat_id
  ), counted AS (
    UPDATE conversation c SET
      last_sequence = s.last_sequence,
      at = s.at,
      critical_due_at = CASE s.last_kind
        WHEN 'visitor' THEN
          CASE WHEN c.critical_since IS NOT NULL AND NOT s.by_agent THEN NULL
               WHEN s.by_agent THEN s.at + c.critical_wait_ms * interval '1 ms'
               ELSE coalesce(c.critical_due_at, s.at + c.critical_wait_ms * interval '1 ms') END
        WHEN 'agent' THEN NULL ELSE c.critical_due_at END,
      idle_warning_due_at = CASE s.last_kind
        WHEN 'visitor' THEN NULL WHEN 'agent' THEN s.at + c.idle_warning_ms * interval '1 ms'
        ELSE c.idle_warning_due_at END,
      idle_due_at = CASE s.last_kind
        WHEN 'visitor' THEN NULL WHEN 'agent' THEN s.at + c.idle_timeout_ms * interval '1 ms'
        ELSE c.idle_due_at END,
      answered_at = CASE
        WHEN (c.critical_since IS NOT NULL AND s.by_agent) OR (c.idle_warned_at IS NOT NULL AND s.by_visitor)
        THEN coalesce(c.answered_at, s.at) ELSE c.answered_at END
      FROM spoken s WHERE c.chat_id = s.chat_id
  ), stored AS (
    INSERT INTO chat_message (chat_id, sequence, kind, at, user_id, name, text, custom_type, client_id)
    SELECT n.chat_id, n.sequence, n.kind, n.at, n.user_id, n.name, n.text, n.custom_type, n.client_id FROM numbered n
    RETURNING chat_id, sequence, chat_line(chat_message) AS line
  ), addressed AS (
    SELECT e.login_id, n.chat_id, n.sequence, n.at,
           row_number() OVER (PARTITION BY e.login_id ORDER BY n.ord) AS nth
      FROM numbered n JOIN engagement e ON e.chat_id = n.chat_id AND e.ended_at IS NULL
  ), outboxes AS (
    UPDATE agent_outbox o SET last_id = o.last_id + a.n
      FROM (SELECT login_id, count(*) AS n FROM addressed GROUP BY login_id) a WHERE o.login_id = a.login_id
    RETURNING o.login_id, o.last_id - a.n AS before
  ), told AS (
    INSERT INTO agent_event (login_id, id, at, body)
    SELECT a.login_id, o.before + a.nth, a.at, jsonb_build_object('type', 'line', 'line', s.line)
      FROM addressed a JOIN outboxes o ON o.login_id = a.login_id
      JOIN stored s ON s.chat_id = a.chat_id AND s.sequence = a.sequence
  ), posted AS (
    INSERT INTO visitor_message (session_id, at, type, body)
    SELECT n.session_id, n.at, n.visitor_type, n.visitor_body FROM numbered n
     WHERE n.visitor_type IS NOT NULL ORDER BY n.ord
  )
  SELECT i.ord,
         CASE WHEN k.ord IS NOT NULL THEN 'known' WHEN n.ord IS NOT NULL THEN 'stored' ELSE 'closed' END,
         coalesce(k.line, s.line),
         (SELECT jsonb_agg(jsonb_build_array(a.login_id, o.before + a.nth))
            FROM addressed a JOIN outboxes o ON o.login_id = a.login_id
           WHERE a.chat_id = n.chat_id AND a.sequence = n.sequence),
         CASE WHEN n.visitor_type IS NOT NULL THEN n.session_id END
    FROM input i
    LEFT JOIN known k ON k.ord = i.ord
    LEFT JOIN numbered n ON n.ord = i.ord
    LEFT JOIN stored s ON s.chat_id = n.chat_id AND s.sequence = n.sequence;
END $$;

-- Writes one unit of work of the floor (src/chat/work.ts) and numbers its agent events. Gives the last event id of each
-- outbox it wrote to. The caller holds the floor lock.
CREATE FUNCTION floor_save(work jsonb) RETURNS TABLE (login_id bigint, last_id bigint)
  LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  chats CONSTANT bigint[] := array(
    SELECT (c->>'id')::bigint FROM jsonb_array_elements(work->'chats') c
    UNION SELECT (c->>'chat_id')::bigint FROM jsonb_array_elements(work->'lines') c);
BEGIN
  IF cardinality(chats) > 0 THEN
    PERFORM 1 FROM conversation c WHERE c.chat_id = ANY (chats) ORDER BY c.chat_id FOR UPDATE;
  END IF;
  PERFORM 1 FROM agent_outbox o
   WHERE o.login_id IN (
     SELECT (e->>'login_id')::bigint FROM jsonb_array_elements(work->'agent_events') e
     UNION SELECT e.login_id FROM engagement e
       WHERE e.ended_at IS NULL AND e.chat_id IN (
         SELECT (l->>'chat_id')::bigint FROM jsonb_array_elements(work->'lines') l))
   ORDER BY o.login_id FOR UPDATE;

  UPDATE login l SET status = w.status, status_since = w.status_since, connected = w.connected, settings = w.settings,
         capacity = w.capacity, engaged = w.engaged, offered = w.offered, routable = w.routable,
         last_offer_at = w.last_offer_at, seq = w.seq, at = w.at, meter = w.meter, ended_at = w.ended_at,
         end_reason = w.end_reason, session_id = w.session_id
    FROM jsonb_populate_recordset(NULL::login, work->'logins') w WHERE l.id = w.id;

  INSERT INTO floor_event (login_id, seq, at, contact_at, kind, chat_id, actor, detail)
  SELECT e.login_id, e.seq, e.at, e.contact_at, e.kind, e.chat_id, e.actor, e.detail
    FROM jsonb_populate_recordset(NULL::floor_event, work->'floor_events') e;

  UPDATE login_skill s SET online = l.status = 'Online' AND l.ended_at IS NULL, routable = l.routable,
         active = l.engaged + l.offered, free = coalesce(l.capacity, 0) - l.engaged - l.offered,
         waiting_since = coalesce(l.last_offer_at, l.started_at)
    FROM login l
   WHERE s.login_id = l.id AND l.ended_at IS NULL
     AND l.id IN (SELECT (w->>'id')::bigint FROM jsonb_array_elements(work->'logins') w)
     AND (s.online, s.routable, s.active, s.free, s.waiting_since) IS DISTINCT FROM
         (l.status = 'Online', l.routable, l.engaged + l.offered, coalesce(l.capacity, 0) - l.engaged - l.offered,
          coalesce(l.last_offer_at, l.started_at));
  DELETE FROM login_skill s USING jsonb_populate_recordset(NULL::login, work->'logins') w
   WHERE s.login_id = w.id AND w.ended_at IS NOT NULL;
  DELETE FROM login_connection s USING jsonb_populate_recordset(NULL::login, work->'logins') w
   WHERE s.login_id = w.id AND w.ended_at IS NOT NULL;

  IF cardinality(chats) > 0 THEN
    UPDATE chat c SET state = w.state, button_id = w.button_id, skill_ids = w.skill_ids,
           target_user_id = w.target_user_id, fallbacks = w.fallbacks, waiting_since = w.waiting_since,
           established_at = w.established_at, ended_at = w.ended_at, declined_by = w.declined_by,
           timed_out_by = w.timed_out_by, attempts = w.attempts, generation = w.generation,
           last_assigned_user_id = w.last_assigned_user_id, last_operator_user_id = w.last_operator_user_id,
           queue_position = w.queue_position, ended_by = w.ended_by, end_reason = w.end_reason, outcome = w.outcome,
           seq = w.seq, at = w.at
      FROM jsonb_populate_recordset(NULL::chat, work->'chats') w WHERE c.id = w.id;

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
      FROM jsonb_populate_recordset(NULL::conversation, work->'conversations') w WHERE c.chat_id = w.chat_id;
  END IF;

  INSERT INTO visitor_message (session_id, at, type, body)
  SELECT v.session_id, v.at, v.type, v.body
    FROM jsonb_to_recordset(work->'visitor_messages') AS v (ord int, session_id text, at timestamptz, type text, body jsonb)
   ORDER BY v.ord;
  UPDATE visitor_session s SET closing = true
   WHERE s.id IN (SELECT jsonb_array_elements_text(work->'closing_sessions'));

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

  IF jsonb_array_length(work->'lines') > 0 THEN
    PERFORM floor_journal(work->'lines');
  END IF;
  RETURN QUERY SELECT o.login_id, o.last_id FROM agent_outbox o
    WHERE o.login_id IN (
      SELECT (e->>'login_id')::bigint FROM jsonb_array_elements(work->'agent_events') e
      UNION SELECT e.login_id FROM engagement e
        WHERE e.ended_at IS NULL AND e.chat_id IN (
          SELECT (l->>'chat_id')::bigint FROM jsonb_array_elements(work->'lines') l));
END $$;
`,
};
