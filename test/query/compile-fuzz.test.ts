/** No statement, whatever it says, gets a value into the SQL or breaks checker or compiler. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../../src/errors.js';
import { findObject } from '../../src/objects/registry.js';
import { lexStatement } from '../../src/query/parser.js';
import { makePlan } from '../../src/query/plan.js';
import { statement } from './statements.js';
import { ada } from './world.js';

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
const meaningful = fc
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

/** The SQL of a statement, or undefined where it is refused. Anything but an ApiError fails the test. */
function sqlOf(soql: string): string[] | undefined {
  try {
    const plan = makePlan(lexStatement(soql), ada, false);
    const kinds =
      plan.compiled.mode === 'rows'
        ? (['first', 'count', 'ids', 'by-ids', 'by-id'] as const)
        : (['first'] as const);
    return kinds.map((kind) => plan.statement(kind).text);
  } catch (error) {
    expect(error).toBeInstanceOf(ApiError);
    return undefined;
  }
}

describe('any statement', () => {
  it('is compiled or refused', () => {
    fc.assert(
      fc.property(statement, (soql) => void sqlOf(soql)),
      { numRuns: 1_000 },
    );
  });

  it('keeps its values out of the SQL', () => {
    let compiled = 0;
    fc.assert(
      fc.property(meaningful, (soql) => {
        for (const sql of sqlOf(soql) ?? []) {
          compiled++;
          expect(sql).not.toContain('MARK');
          expect(sql).not.toMatch(/9\d{8}|987654|2026|12:34/);
        }
      }),
      { numRuns: 1_500 },
    );
    expect(compiled).toBeGreaterThan(500);
  });
});
