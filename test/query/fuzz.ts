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
import { parseSearch } from '../../src/query/sosl/parse.js';
import { readSearch } from '../../src/query/sosl/search-text.js';
import { isStorable } from '../../src/query/strings.js';
import { meaningful } from './meaningful.js';
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
const searches = fc.constantFrom(
  'FIND {a* AND "b c" OR NOT d} IN NAME FIELDS RETURNING LiveAgentSession(Id, Name WHERE TimeIdle > 1 ORDER BY Name LIMIT 3)',
  "FIND {x?y} RETURNING User(Name USING ListView=Recent), LiveAgentSession WITH METADATA = 'LABELS' LIMIT 5",
);
const mutated = fc
  .tuple(
    fc.oneof(
      { arbitrary: statement, weight: 2 },
      { arbitrary: meaningful, weight: 3 },
      { arbitrary: searches, weight: 1 },
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
  { arbitrary: meaningful, weight: 2 },
);

const NOW = Date.parse('2026-03-10T12:00:00Z');

/** True if the text was accepted; throws anything that is no proper refusal. */
function plan(text: string): boolean {
  const { query, statement: sqlOf } = makePlan(lexStatement(text), ada, false);
  const kinds = query.mode === 'rows' ? (['first', 'count', 'ids', 'by-ids'] as const) : (['first'] as const);
  for (const kind of kinds) {
    const { text: sql, parameters } = sqlOf(kind);
    if (sql.includes('MARK') || sql.includes('\u0000')) throw new Error(`a literal in the SQL: ${sql}`);
    bind(parameters, {
      lexed: lexStatement(text),
      caller: ada,
      now: NOW,
      weekStart: 0,
      fiscal: CALENDAR_FISCAL_YEAR,
      computed: new Map(),
      run: {},
    });
  }
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
      const sosl = isRefused(() => readSearch(parseSearch(text).text));
      if (soql && sosl) count.refused++;
      else count.accepted++;
    }),
    { numRuns: runs, ...(seed === undefined ? {} : { seed }) },
  );
  return count;
}
