/**
 * Statements nobody wrote, from a seed: random bytes, and statements of the language with pieces cut out, put in and
 * swapped. Each is planned and bound, or searched for, and must be refused with an ApiError or give SQL without its
 * literals. `npm run fuzz:soql` runs many; npm test runs a share.
 */
import fc from 'fast-check';
import { ApiError } from '../../src/errors.js';
import { bind, CALENDAR_FISCAL_YEAR } from '../../src/query/parameters.js';
import { lexStatement } from '../../src/query/parser.js';
import { makePlan } from '../../src/query/plan.js';
import { prepareSearch } from '../../src/query/sosl/search.js';
import type { Statement } from '../../src/query/sql-writer.js';
import { isStorable } from '../../src/query/strings.js';
import type { Lexed } from '../../src/query/tokens.js';
import { meaningful } from './meaningful.js';
import { runnable, searchable } from './runnable.js';
import { statement } from './statements.js';
import { ada } from './world.js';

const PIECES = [
  "'",
  '"',
  '\\',
  '--',
  '/*',
  ';',
  '$1',
  '\u0000',
  '(',
  ')',
  ',',
  "' OR '1'='1",
  "'); DROP TABLE so_user; --",
  'NULLS',
  'GROUP BY',
  'SELECT',
  '9'.repeat(400),
  'LAST_N_DAYS:99999999999',
  '\ud800',
  '{',
  '}',
];

const bytes = fc.uint8Array({ maxLength: 120 }).map((data) => Buffer.from(data).toString('latin1'));
const mutated = fc
  .tuple(
    fc.oneof(
      { arbitrary: statement, weight: 2 },
      { arbitrary: meaningful, weight: 3 },
      { arbitrary: runnable, weight: 2 },
      { arbitrary: searchable, weight: 2 },
    ),
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.nat(12),
        fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary', maxLength: 4 })),
      ),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([text, edits]) =>
    edits.reduce((edited, [at, cut, put]) => {
      const from = at % (edited.length + 1);
      return edited.slice(0, from) + put + edited.slice(from + cut);
    }, text),
  );
const input = fc.oneof(
  { arbitrary: bytes, weight: 2 },
  { arbitrary: mutated, weight: 5 },
  { arbitrary: meaningful, weight: 1 },
  { arbitrary: runnable, weight: 1 },
  { arbitrary: searchable, weight: 1 },
);

const NOW = Date.parse('2026-03-10T12:00:00Z');

/** True if the text was accepted; throws anything that is no proper refusal. */
function plan(text: string): boolean {
  const { query, statement: sqlOf } = makePlan(lexStatement(text), ada, false);
  const kinds = query.mode === 'rows' ? (['first', 'count', 'ids', 'by-ids'] as const) : (['first'] as const);
  for (const kind of kinds) {
    bindAll(sqlOf(kind), lexStatement(text));
  }
  return true;
}

function bindAll({ text: sql, parameters }: Statement, lexed: Lexed): void {
  if (sql.includes('MARK') || sql.includes('\u0000')) throw new Error(`a literal in the SQL: ${sql}`);
  bind(parameters, {
    lexed,
    caller: ada,
    now: NOW,
    weekStart: 0,
    fiscal: CALENDAR_FISCAL_YEAR,
    computed: new Map(),
    run: {},
  });
}

/** The same for a search: each object's statement. */
function planSearch(text: string): boolean {
  const { statement: asked, planned } = prepareSearch(ada, text);
  for (const part of planned) bindAll(part.plan.compiled.first, asked.lexed);
  return true;
}

function isRefused(work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch (error) {
    // The message quotes the statement, and must be fit for XML.
    if (error instanceof ApiError && isStorable(error.message)) return true;
    throw error;
  }
}

/** How many statements were accepted and refused; throws at the first that did anything else, with its seed. */
export function fuzz(runs: number, seed?: number): { accepted: number; refused: number } {
  const count = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(input, (text) => {
      const soql = isRefused(() => plan(text));
      const sosl = isRefused(() => planSearch(text));
      if (soql && sosl) count.refused++;
      else count.accepted++;
    }),
    { numRuns: runs, ...(seed === undefined ? {} : { seed }) },
  );
  return count;
}
