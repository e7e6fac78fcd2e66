/** Random statements about sessions whose names all mean something and whose literals are easy to recognise. */
import fc from 'fast-check';
import { findObject } from '../../src/objects/registry.js';

const fields = (findObject('LiveAgentSession')?.fields ?? []).map(({ name }) => name);
const path = fc.oneof(
  fc.constantFrom(...fields),
  fc.constantFrom(
    'Agent.Name',
    'Owner.Name',
    'Owner.Type',
    'Agent.Manager.IsActive',
    'CreatedBy.Profile.Name',
    'Agent.Manager.UserRole.Name',
  ),
);
const value = fc.oneof(
  fc
    .string({ unit: 'grapheme', maxLength: 20 })
    .map((text) => `'MARK${text.replaceAll('\\', '').replaceAll("'", "\\'")}'`),
  fc.integer({ min: 900_000_000, max: 999_999_999 }).map(String),
  fc.constantFrom('null', 'true', 'TODAY', 'LAST_N_DAYS:987654', '2026-03-10T12:34:56Z', '2026-03-10'),
);
const test_ = fc.oneof(
  fc.tuple(path, fc.constantFrom('=', '!=', '<', '>=', 'LIKE'), value).map((parts) => parts.join(' ')),
  fc
    .tuple(path, fc.constantFrom('IN', 'NOT IN'), fc.array(value, { minLength: 1, maxLength: 3 }))
    .map(([left, op, values]) => `${left} ${op} (${values.join(',')})`),
);
/** A whole statement; texts begin with MARK, numbers have nine digits. */
export const meaningful = fc
  .tuple(
    fc.uniqueArray(path, { minLength: 1, maxLength: 4 }),
    fc.array(test_, { minLength: 1, maxLength: 3 }),
    fc.constantFrom(' AND ', ' OR '),
    fc.constantFrom(
      '',
      ' ORDER BY Name',
      ' ORDER BY TimeIdle DESC NULLS LAST, Agent.Name',
      ' LIMIT 5 OFFSET 2',
    ),
  )
  .map(
    ([select, where, join, rest]) =>
      `SELECT ${select.join(', ')} FROM LiveAgentSession WHERE ${where.join(join)}${rest}`,
  );
