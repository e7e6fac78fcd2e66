/**
 * Cursors of queries whose answer has more than one page (DECISIONS 9): any node can continue them, also after a
 * restart. `keyset` cursors continue behind the last key of a page; `ids` cursors own the ids of all their rows.
 */
import type { Migration } from './migration.js';

export const migration: Migration = {
  id: '040-query',
  sql: `
CREATE SEQUENCE query_cursor_id_seq;

CREATE TABLE query_cursor (
  id text COLLATE "C" PRIMARY KEY DEFAULT new_id('01g', nextval('query_cursor_id_seq')),
  user_id text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('keyset', 'ids')),
  soql text COLLATE "C" NOT NULL,
  -- queryAll
  all_rows boolean NOT NULL,
  -- exact, counted when the cursor was opened
  total_size bigint NOT NULL,
  -- keyset: rows with a higher id came later
  max_id text COLLATE "C",
  -- what date literals are relative to, on every page
  opened_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX query_cursor_expiry ON query_cursor (expires_at);
CREATE INDEX query_cursor_user ON query_cursor (user_id, kind, opened_at);

-- Where each page of a keyset cursor begins: how many rows came before, and the key of the last of them. A page asked
-- for again ends where the next one began.
CREATE TABLE query_cursor_page (
  cursor_id text COLLATE "C" NOT NULL REFERENCES query_cursor ON DELETE CASCADE,
  start bigint NOT NULL,
  key text[] COLLATE "C" NOT NULL,
  PRIMARY KEY (cursor_id, start)
);

-- The ids of an 'ids' cursor in the order of the query, chunk 0 first.
CREATE TABLE query_cursor_ids (
  cursor_id text COLLATE "C" NOT NULL REFERENCES query_cursor ON DELETE CASCADE,
  chunk int NOT NULL,
  ids text[] COLLATE "C" NOT NULL,
  PRIMARY KEY (cursor_id, chunk)
);
`,
};
