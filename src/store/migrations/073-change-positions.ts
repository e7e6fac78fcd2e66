/** Followers of the outbox go by the snapshot they read with (src/store/changes.ts); the search index keeps its place as one. */
import type { Migration } from './migration.js';

export const migration: Migration = {
  id: '073-change-positions',
  sql: `
-- A ChangePosition. Servers of the version before go on by tx and seq, which name the same place: all up to that change
-- has been read, and what they index again is indexed alike.
ALTER TABLE search_position ADD COLUMN position jsonb;
UPDATE search_position SET position = jsonb_build_object('seen', format('%s:%s:', greatest(tx, '1'), greatest(tx, '1')),
  'until', NULL, 'tx', tx::text, 'seq', seq::text);
-- What such a server begins meanwhile is told from its beginning.
ALTER TABLE search_position ALTER COLUMN position SET DEFAULT '{"seen": "1:1:", "until": null, "tx": "0", "seq": "0"}';
ALTER TABLE search_position ALTER COLUMN position SET NOT NULL;
-- Who is frozen is asked several times a second by those who log out the frozen (src/chat/configuration-changes.ts).
CREATE INDEX credential_frozen ON credential (user_id) WHERE is_frozen;
`,
};
