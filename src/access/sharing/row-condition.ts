/** The rows of an object that are shared with somebody, as a condition for a statement with positional values. */
import type { SObjectDescription } from '../../objects/language.js';
import type { Caller } from '../caller.js';
import { predicateFor } from '../sharing.js';
import type { RowLevel } from './levels.js';
import { probeSql, sharingKey, sharingValue } from './predicate-sql.js';

/** `true` where sharing limits nothing; otherwise a condition on `alias` whose arrays are appended to `values`. */
export function rowCondition(
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
