/**
 * What SOSL searches: the words of each searchable record, kept by the indexer from the outbox `change`. No text
 * extension: words are cut in TypeScript, so every server finds the same (DECISIONS 9).
 */
import type { Migration } from './migration.js';

export const migration: Migration = {
  id: '041-search',
  sql: `
CREATE TABLE search_document (
  record_id text COLLATE "C" PRIMARY KEY,
  object text COLLATE "C" NOT NULL,
  -- every word, for the index
  terms tsvector NOT NULL,
  -- a line for each field: its name, then its words in order, each followed by a blank
  words text COLLATE "C" NOT NULL
);
CREATE INDEX search_document_terms ON search_document USING gin (terms);

-- Where the indexer has got to in (tx, seq) of \`change\`; one row for each object once its rows were read for the first time.
CREATE TABLE search_position (
  object text COLLATE "C" PRIMARY KEY,
  tx xid8 NOT NULL,
  seq bigint NOT NULL,
  -- while the first reading lasts: the last record read
  reading_after text COLLATE "C"
);
`,
};
