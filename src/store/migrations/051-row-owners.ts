/**
 * Who owns rows, or ever did, by object: a small table that says for a caller who reaches everybody in it that there is
 * no row to ask about. Kept by triggers in the transaction that writes the row, so that no writer can forget it; the
 * tables get theirs from schema-sync. Owners are never taken out: one too many costs time, one too few would open rows.
 */
import type { Migration } from './migration.js';

export const migration: Migration = {
  id: '051-row-owners',
  sql: `
CREATE TABLE row_owner (
  object text COLLATE "C" NOT NULL,
  -- '' for rows of nobody
  owner_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (object, owner_id)
);

-- After INSERT for each statement, the new rows as "written"; the object's name is the argument.
CREATE FUNCTION note_row_owners() RETURNS trigger
  LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO row_owner (object, owner_id)
  SELECT DISTINCT TG_ARGV[0], coalesce(owner_id, '') FROM written ORDER BY 2
      ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;

-- After UPDATE of owner_id for each row whose owner is another one.
CREATE FUNCTION note_row_owner() RETURNS trigger
  LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO row_owner (object, owner_id) VALUES (TG_ARGV[0], coalesce(NEW.owner_id, '')) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
`,
};
