/**
 * One poll, served at the price of one. What visitor_serve of 061-traffic does for many through arrays costs several times
 * the plain statements when there is only one, which is when somebody waits for it.
 */
import type { Migration } from './migration.js';

export const migration: Migration = {
  id: '062-one-poll',
  sql: `
-- The same as visitor_serve for a batch of one item, without its ord; see there.
CREATE FUNCTION visitor_serve_one(item jsonb)
  RETURNS TABLE (ord int, outcome text, token bigint, batch jsonb, sequence int, taken_id bigint, other_node text,
    more boolean)
  LANGUAGE plpgsql SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  session CONSTANT text := item->>'session_id';
  poll CONSTANT text := item->>'poll';
  ack CONSTANT int := item->>'ack';
  early CONSTANT jsonb := coalesce(nullif(item->'early', 'null'), '[]');
  late CONSTANT jsonb := coalesce(nullif(item->'late', 'null'), '[]');
  s_closing boolean;
  s_sequence int;
  s_batch jsonb;
  s_taken bigint;
  s_undelivered boolean;
  s_token bigint;
  s_node text;
  is_changed boolean := false;
  message record;
  taken jsonb := '[]';
  gone bigint[];
BEGIN
  ord := 0;
  token := 0;
  sequence := 0;
  taken_id := 0;
  more := true;
  SELECT v.closing, v.sequence, v.batch, v.taken_id, v.undelivered, v.poll_token, v.poll_node
    INTO s_closing, s_sequence, s_batch, s_taken, s_undelivered, s_token, s_node
    FROM visitor_session v WHERE v.id = session FOR UPDATE;
  IF NOT FOUND THEN
    outcome := 'over';
    RETURN NEXT;
    RETURN;
  END IF;
  IF poll <> 'new' AND s_token <> (item->>'token')::bigint THEN
    outcome := 'superseded';
    token := s_token;
    RETURN NEXT;
    RETURN;
  END IF;
  IF poll <> 'again' THEN
    -- keep of the batch what was not confirmed
    s_batch := CASE
      WHEN ack IS NULL AND s_undelivered THEN s_batch
      WHEN ack IS NULL OR ack >= s_sequence THEN '[]'::jsonb
      WHEN ack < s_sequence - jsonb_array_length(s_batch) THEN s_batch
      ELSE coalesce((SELECT jsonb_agg(b.value ORDER BY b.ordinality)
              FROM jsonb_array_elements(s_batch) WITH ORDINALITY b
             WHERE s_sequence - jsonb_array_length(s_batch) + b.ordinality > ack), '[]') END;
  END IF;
  IF poll = 'new' THEN
    IF s_node IS DISTINCT FROM item->>'node' THEN other_node := s_node; END IF;
    s_token := s_token + 1;
    s_node := item->>'node';
    s_undelivered := false;
    is_changed := true;
  END IF;
  IF jsonb_array_length(s_batch) = 0 THEN
    more := false;
    FOR message IN
      SELECT x.id, x.type, x.body FROM visitor_message x WHERE x.session_id = session ORDER BY x.id LIMIT 200
    LOOP
      -- these two types open a batch of their own (live-agent-chat.md §13.5)
      IF gone IS NOT NULL AND message.type IN ('ChatEstablished', 'QueueUpdate') THEN
        more := true;
        EXIT;
      END IF;
      taken := taken || jsonb_build_object('type', message.type, 'message', message.body);
      gone := gone || message.id;
      s_taken := message.id;
    END LOOP;
    IF taken->0->>'type' IN ('ChatEstablished', 'QueueUpdate') THEN
      taken := taken || early || late;
    ELSE
      taken := early || taken || late;
    END IF;
    s_batch := taken;
    s_sequence := s_sequence + jsonb_array_length(taken);
  ELSE
    more := EXISTS (SELECT FROM visitor_message x WHERE x.session_id = session);
  END IF;
  token := s_token;
  batch := s_batch;
  sequence := s_sequence;
  taken_id := s_taken;
  more := more OR s_closing OR jsonb_array_length(batch) >= 200;
  IF jsonb_array_length(batch) > 0 THEN
    outcome := 'batch';
    s_undelivered := false;
    is_changed := true;
  ELSE
    outcome := CASE WHEN s_closing THEN 'over' ELSE 'empty' END;
  END IF;
  RETURN NEXT;
  IF is_changed THEN
    UPDATE visitor_session v SET sequence = s_sequence, batch = s_batch, taken_id = s_taken,
           undelivered = s_undelivered, poll_token = s_token, poll_node = s_node
     WHERE v.id = session;
  END IF;
  IF gone IS NOT NULL THEN
    DELETE FROM visitor_message x WHERE x.session_id = session AND x.id = ANY (gone);
  ELSE
    -- a poll that found nothing new need not wait for the disk: lost, it is only asked again
    PERFORM set_config('synchronous_commit', 'off', true);
  END IF;
END $$;
`,
};
