/**
 * Values that may stand in one record only (`uniqueTogether` of the description): looked for among the records of the
 * call, then in the database, in one statement. The unique indexes stand behind it for two writers at once.
 */
import type { FieldDescription, SObjectDescription } from '../objects/language.js';
import { fieldOf } from '../objects/registry.js';
import { columnOf, keyColumnOf, sqlTypeOf, tableOf, textKey } from '../store/columns.js';
import type { Tx } from '../store/database.js';
import { quoteIdentifier as q } from '../store/sql.js';
import type { Draft } from './draft.js';
import type { StoredValue } from './read-value.js';
import { type RecordError, recordError } from './result.js';

/** A draft with the values of the whole record as it will be: what it does not set, it has already. */
export interface WholeDraft {
  readonly draft: Draft;
  read(field: FieldDescription): StoredValue;
}

/** Adds an error to each draft whose unique values are taken. */
export async function checkUnique(
  tx: Tx,
  object: SObjectDescription,
  wholes: readonly WholeDraft[],
): Promise<void> {
  const groups = uniqueGroupsOf(object);
  const parts: string[] = [];
  const values: (string | null)[][] = [];
  const claims: Map<string, WholeDraft[]>[] = [];

  for (const [place, fields] of groups.entries()) {
    const claimed = new Map<string, WholeDraft[]>();
    claims.push(claimed);
    const tuples: string[][] = [];
    for (const whole of wholes) {
      if (!fields.some((field) => whole.draft.values.has(field))) continue;
      const tuple = fields.map((field) => comparable(field, whole.read(field)));
      if (tuple.some((value) => value === null)) continue;
      const key = JSON.stringify(tuple);
      const before = claimed.get(key);
      if (before === undefined) tuples.push(tuple as string[]);
      claimed.set(key, [...(before ?? []), whole]);
    }
    if (tuples.length === 0) continue;
    const columns = fields.map((field) => q(keyColumnOf(field) ?? columnOf(field)));
    const lists = fields.map((field, column) => {
      values.push(tuples.map((tuple) => tuple[column] ?? null));
      const type = keyColumnOf(field) === undefined ? sqlTypeOf(field).replace(/ COLLATE.*/, '') : 'text';
      return `$${values.length}::${type}[]`;
    });
    parts.push(
      `SELECT ${place} AS place, id, json_build_array(${columns.join(', ')}) AS tuple FROM ${q(tableOf(object))}
        WHERE NOT is_deleted AND (${columns.join(', ')}) IN (SELECT * FROM unnest(${lists.join(', ')}))`,
    );
  }
  if (parts.length === 0) return;

  const taken = await tx.query<{ place: number; id: string; tuple: unknown[] }>(
    parts.join(' UNION ALL '),
    values,
  );
  const holders = new Map(
    taken.map(({ place, id, tuple }) => [`${place}${JSON.stringify(tuple.map(String))}`, id]),
  );
  for (const [place, fields] of groups.entries()) {
    for (const [key, wanting] of claims[place] ?? []) {
      const holder = holders.get(`${place}${key}`);
      const changing = new Set(wanting.map(({ draft }) => draft.id));
      // A record may keep what it has; the first of several in one call gets what is free.
      const free = holder === undefined || changing.has(holder);
      const winner = holder === undefined ? wanting[0] : wanting.find(({ draft }) => draft.id === holder);
      for (const whole of wanting) {
        if (free && whole === winner) continue;
        whole.draft.errors.push(duplicateValue(object, fields, holder ?? winner?.draft.id ?? null));
      }
    }
  }
}

function uniqueGroupsOf(object: SObjectDescription): FieldDescription[][] {
  return (object.uniqueTogether ?? []).map((names) =>
    names.map((name) => {
      const field = fieldOf(object, name);
      if (field === undefined) throw new Error(`${object.name} has no field ${name} to be unique`);
      return field;
    }),
  );
}

function comparable(field: FieldDescription, value: StoredValue): string | null {
  if (value === null) return null;
  return keyColumnOf(field) === undefined ? String(value) : textKey(String(value));
}

/** Codes and texts of the platform's own for two fields of User; observed, the reference has only the general one. */
const OWN_REFUSALS: Readonly<Record<string, readonly [code: string, message: string]>> = {
  'User.Username': [
    'DUPLICATE_USERNAME',
    'Duplicate Username.<br>Another user has already selected this username.<br>Please select another.',
  ],
  'User.CommunityNickname': [
    'DUPLICATE_COMM_NICKNAME',
    'Duplicate Nickname.<br>Another user has already selected this nickname.<br>Please select another.',
  ],
};

/** The refusal for values that record `holder` has; null when it is not stored yet. */
export function duplicateValue(
  object: SObjectDescription,
  fields: readonly FieldDescription[],
  holder: string | null,
): RecordError {
  const names = fields.map(({ name }) => name);
  const own = OWN_REFUSALS[`${object.name}.${names.join(',')}`];
  if (own !== undefined) return recordError(own[0], own[1], names);
  return recordError(
    'DUPLICATE_VALUE',
    `duplicate value found: ${names.join(', ')} duplicates value on record with id: ${holder?.slice(0, 15) ?? '<unknown>'}`,
    names,
  );
}
