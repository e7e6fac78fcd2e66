/** When anybody's rights last changed: what describes show follows from them, and clients ask whether they changed. */
import type { Migration } from './migration.js';

export const migration: Migration = {
  id: '052-rights-changed',
  sql: `
ALTER TABLE access_epoch ADD COLUMN changed_at timestamptz;
UPDATE access_epoch SET changed_at = floor_now();
`,
};
