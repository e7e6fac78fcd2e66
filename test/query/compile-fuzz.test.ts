/** No statement, whatever it says, gets a value into the SQL or breaks checker or compiler. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../../src/errors.js';
import { lexStatement } from '../../src/query/parser.js';
import { makePlan } from '../../src/query/plan.js';
import { meaningful } from './meaningful.js';
import { statement } from './statements.js';
import { ada } from './world.js';

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
