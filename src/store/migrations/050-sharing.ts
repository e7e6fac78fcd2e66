/**
 * Row access, expanded over users and owners, not over rows (DECISIONS 8): what rules, roles, queues and groups come to.
 * Kept up by a recalculation in the background; jobs say that something it follows from has changed.
 */
import type { Migration } from './migration.js';

export const migration: Migration = {
  id: '050-sharing',
  sql: `
-- Whose rows a user may use, besides those of the user's own. object '': whatever the object.
CREATE TABLE owner_access (
  user_id text COLLATE "C" NOT NULL,
  object text COLLATE "C" NOT NULL,
  owner_id text COLLATE "C" NOT NULL,
  -- 1 read, 2 edit, 3 all
  level smallint NOT NULL CHECK (level BETWEEN 1 AND 3),
  PRIMARY KEY (user_id, object, owner_id)
);

-- Every principal but the user that a share may name to reach the user: groups, and those below in the role hierarchy.
CREATE TABLE principal_access (
  user_id text COLLATE "C" NOT NULL,
  principal_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (user_id, principal_id)
);
CREATE INDEX principal_access_principal ON principal_access (principal_id);

CREATE TABLE sharing_job (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- object whose rows changed
  cause text COLLATE "C" NOT NULL,
  -- only users reached by this principal are concerned; null: all
  principal_id text COLLATE "C",
  requested_at timestamptz NOT NULL,
  -- the server that works on it, and until when it must have said so again
  node uuid,
  lease_until timestamptz,
  users_total int,
  users_done int,
  rows_written bigint,
  finished_at timestamptz
);
CREATE INDEX sharing_job_open ON sharing_job (id) WHERE finished_at IS NULL;
`,
};
