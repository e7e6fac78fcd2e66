/**
 * One piece of logic stores lines: floor_say and floor_say_one of 065-held-polls. What floor_write and nodes of earlier
 * versions call says the same without any held poll.
 */
import type { Migration } from './migration.js';

export const migration: Migration = {
  id: '066-one-journal',
  sql: `
CREATE OR REPLACE FUNCTION floor_journal(items jsonb)
  RETURNS TABLE (ord int, outcome text, line jsonb, events jsonb, session_id text)
  LANGUAGE sql AS $$ SELECT s.ord, s.outcome, s.line, s.events, s.session_id FROM floor_say(items, '[]') s $$;

CREATE OR REPLACE FUNCTION floor_journal_one(item jsonb)
  RETURNS TABLE (ord int, outcome text, line jsonb, events jsonb, session_id text)
  LANGUAGE sql AS $$ SELECT s.ord, s.outcome, s.line, s.events, s.session_id FROM floor_say_one(item, NULL) s $$;
`,
};
