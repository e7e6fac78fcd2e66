/**
 * The triggers that keep `row_owner` (migration 051): on each table whose rows have owners, one for new rows and one
 * for rows that change hands.
 */
import type { SObjectDescription } from '../objects/language.js';
import { hasOwners } from '../objects/registry.js';
import { tableOf } from './columns.js';
import { quoteIdentifier as q, quoteLiteral } from './sql.js';

export interface TriggerPlan {
  readonly name: string;
  /** What makes it, and what must follow where the table has rows already. */
  readonly statements: readonly string[];
}

/** Names are stable, so a trigger is made once. */
export function ownerTriggersOf(object: SObjectDescription): TriggerPlan[] {
  if (!hasOwners(object)) return [];
  const table = tableOf(object);
  const [inserted, updated] = [`${table}__owners`, `${table}__owner`];
  const argument = quoteLiteral(object.name);
  return [
    {
      name: inserted,
      statements: [
        `CREATE TRIGGER ${q(inserted)} AFTER INSERT ON ${q(table)} REFERENCING NEW TABLE AS written
           FOR EACH STATEMENT EXECUTE FUNCTION note_row_owners(${argument})`,
        // Making the trigger has shut out writers: nothing falls between.
        `INSERT INTO row_owner (object, owner_id)
         SELECT DISTINCT ${argument}, coalesce(owner_id, '') FROM ${q(table)} ON CONFLICT DO NOTHING`,
      ],
    },
    {
      name: updated,
      statements: [
        `CREATE TRIGGER ${q(updated)} AFTER UPDATE OF owner_id ON ${q(table)} FOR EACH ROW
           WHEN (NEW.owner_id IS DISTINCT FROM OLD.owner_id) EXECUTE FUNCTION note_row_owner(${argument})`,
      ],
    },
  ];
}
