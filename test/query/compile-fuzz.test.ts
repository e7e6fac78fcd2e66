/** No statement, whatever it says, gets a value into the SQL or breaks checker or compiler. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../../src/errors.js';
import { lexStatement } from '../../src/query/parser.js';
import { makePlan } from '../../src/query/plan.js';
import { prepareSearch } from '../../src/query/sosl/search.js';
import { meaningful } from './meaningful.js';
import { runnable, searchable } from './runnable.js';
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

/** What the literals of runnable.ts look like; no name and no number of the compiler's own does. */
const LITERAL = /MARK|7373|1973|1700-|4000-|0001-|00000001|Ada|日本/;

/** The SQL of a search, none where it is refused. */
function searchSqlOf(sosl: string): string[] {
  try {
    return prepareSearch(ada, sosl).planned.map(({ plan }) => plan.compiled.first.text);
  } catch (error) {
    expect(error).toBeInstanceOf(ApiError);
    return [];
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

  it('keeps texts, numbers and moments at the edges of their types out of the SQL', () => {
    let compiled = 0;
    fc.assert(
      fc.property(runnable, (soql) => {
        for (const sql of sqlOf(soql) ?? []) {
          compiled++;
          expect(sql).not.toMatch(LITERAL);
        }
      }),
      { numRuns: 1_500 },
    );
    expect(compiled).toBeGreaterThan(500);
  });

  it('keeps the texts, numbers and moments of a search out of the SQL', () => {
    let compiled = 0;
    fc.assert(
      fc.property(searchable, (sosl) => {
        for (const sql of searchSqlOf(sosl)) {
          compiled++;
          expect(sql).not.toMatch(LITERAL);
        }
      }),
      { numRuns: 1_500 },
    );
    expect(compiled).toBeGreaterThan(500);
  });
});
