/** Fields an administrator added: what each is, and the number that names its column (DECISIONS 7). */
import type { Migration } from './migration.js';

export const migration: Migration = {
  id: '063-custom-fields',
  sql: `
CREATE SEQUENCE custom_field_number_seq AS integer;

CREATE TABLE custom_field (
  -- the column is c_<number>, whatever the field is called
  number integer PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  object text COLLATE "C" NOT NULL,
  -- without __c
  developer_name text COLLATE "C" NOT NULL,
  metadata jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  created_by_id text COLLATE "C" NOT NULL,
  modified_at timestamptz NOT NULL,
  modified_by_id text COLLATE "C" NOT NULL,
  -- set when the field was deleted: its column and what is in it stay
  retired_at timestamptz
);
CREATE UNIQUE INDEX custom_field_name ON custom_field (object, upper(developer_name)) WHERE retired_at IS NULL;
`,
};
