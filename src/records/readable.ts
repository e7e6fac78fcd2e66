/** The rows of an object that are shared with a caller, as a condition for the record engine's own statements. */
import type { Caller } from '../access/caller.js';
import type { RowLevel } from '../access/sharing/levels.js';
import { probeSql, sharingKey, sharingValue } from '../access/sharing/predicate-sql.js';
import { predicateFor } from '../access/sharing.js';
import type { SObjectDescription } from '../objects/language.js';

/** `true` where sharing limits nothing; otherwise a condition on `alias` whose arrays are appended to `values`. */
export function readableSql(
  caller: Caller,
  object: SObjectDescription,
  alias: string,
  values: unknown[],
  level: RowLevel = 'read',
): string {
  const predicate = predicateFor(caller, object, level);
  if (predicate.kind === 'all') return 'true';
  const bound = new Map<string, string>();
  return probeSql(predicate, alias, (parameter) => {
    const key = sharingKey(parameter);
    const known = bound.get(key) ?? `$${values.push(sharingValue(caller, parameter))}`;
    bound.set(key, known);
    return known;
  });
}
