/** Random conditions over random rows: the SQL finds what the slow evaluator finds. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestStore } from '../support/store.js';
import { type Cell, type Person, passes, type Session, type Test } from './evaluator.js';
import { ada, ask, idOf, insertRow, openWorld } from './world.js';

const person = (number: number) => idOf('005', 100 + number);
const PEOPLE: readonly Person[] = [
  { Id: person(0), Name: 'Ana', IsActive: true, ManagerId: null },
  { Id: person(1), Name: 'ben', IsActive: false, ManagerId: person(0) },
  { Id: person(2), Name: 'Éva', IsActive: true, ManagerId: person(1) },
  { Id: person(3), Name: 'ANA', IsActive: false, ManagerId: person(2) },
];
const MOMENTS = [0, 1, 2, 3].map((day) => Date.parse('2026-03-07T00:00:00Z') + day * 43_200_000);

const session = (number: number): fc.Arbitrary<Session> =>
  fc.record({
    Id: fc.constant(idOf('0HK', 2_000 + number)),
    Name: fc.constant(String(number).padStart(8, '0')),
    AgentId: fc.constantFrom(...PEOPLE.map(({ Id }) => Id)),
    LoginTime: fc.constantFrom(...MOMENTS),
    TimeIdle: fc.option(fc.integer({ min: 0, max: 4 })),
    NumFlagRaised: fc.option(fc.integer({ min: -2, max: 2 })),
    IsDeleted: fc.boolean(),
  });

let world: TestStore;
let sessions: readonly Session[];
beforeAll(async () => {
  world = await openWorld();
  await world.db.query('DELETE FROM so_live_agent_session');
  for (const one of PEOPLE) await insertRow(world.db, 'User', { ...one, Username: `${one.Id}@example.test` });
  // The rows are drawn once; what varies is the question.
  sessions = Array.from(
    { length: 60 },
    (_, number) => fc.sample(session(number), { seed: 1_000 + number, numRuns: 1 })[0] as Session,
  );
  for (const one of sessions)
    await insertRow(world.db, 'LiveAgentSession', {
      ...one,
      LoginTime: new Date(one.LoginTime).toISOString(),
    });
});
afterAll(() => world.close());

const byId = (id: string | null) => PEOPLE.find(({ Id }) => Id === id);

/** A field of a session, or of a person up to two levels away; a checkbox of nobody is unchecked. */
const reader =
  (row: Session) =>
  (path: string): Cell => {
    if (!path.startsWith('Agent.')) return row[path as keyof Session];
    const agent = byId(row.AgentId);
    const one = path.startsWith('Agent.Manager.') ? byId(agent?.ManagerId ?? null) : agent;
    const field = path.split('.').at(-1) as keyof Person;
    return one === undefined ? (field === 'IsActive' ? false : null) : one[field];
  };

const number = fc.tuple(
  fc.constantFrom('TimeIdle', 'NumFlagRaised'),
  fc.option(fc.integer({ min: -2, max: 4 })),
);
const text = fc.tuple(
  fc.constantFrom('Agent.Name', 'Agent.Manager.Name'),
  fc.option(fc.constantFrom('ana', 'BEN', 'éva', 'zoe', 'Ana')),
);
const id = fc.tuple(
  fc.constantFrom('AgentId', 'Agent.ManagerId'),
  fc.option(fc.constantFrom(...PEOPLE.map(({ Id }) => Id))),
);
const flag = fc.tuple(
  fc.constantFrom('IsDeleted', 'Agent.IsActive', 'Agent.Manager.IsActive'),
  fc.constantFrom(true, false, null),
);
const time = fc.tuple(
  fc.constant('LoginTime'),
  fc.constantFrom(...MOMENTS, (MOMENTS[0] as number) + 3_600_000),
);

const compared = (
  pair: fc.Arbitrary<readonly [string, Cell]>,
  ...ops: ('=' | '!=' | '<' | '<=' | '>' | '>=')[]
): fc.Arbitrary<Test> =>
  fc.tuple(pair, fc.constantFrom(...ops)).map(([[field, value], op]) => ({ op, field, value }));
const listed = (pair: fc.Arbitrary<readonly [string, Cell]>): fc.Arbitrary<Test> =>
  fc
    .tuple(fc.array(pair, { minLength: 1, maxLength: 3 }), fc.constantFrom('IN' as const, 'NOT IN' as const))
    .map(([pairs, op]) => ({
      op,
      field: (pairs[0] as readonly [string, Cell])[0],
      values: pairs.map(([, value]) => value),
    }));

const { test } = fc.letrec<{ test: Test }>((tie) => ({
  test: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    compared(number, '=', '!=', '<', '<=', '>', '>='),
    compared(text, '=', '!=', '<', '<=', '>', '>='),
    compared(time, '=', '!=', '<', '<=', '>', '>='),
    compared(id, '=', '!='),
    compared(flag, '=', '!='),
    listed(number),
    listed(text),
    listed(id),
    fc
      .tuple(
        fc.constantFrom('Agent.Name', 'Agent.Manager.Name'),
        fc.constantFrom('a%', '%N%', '_na', 'é%', 'x%'),
      )
      .map(([field, value]) => ({ op: 'LIKE' as const, field, value })),
    fc.array(tie('test'), { minLength: 2, maxLength: 3 }).map((of) => ({ op: 'and' as const, of })),
    fc.array(tie('test'), { minLength: 2, maxLength: 3 }).map((of) => ({ op: 'or' as const, of })),
    tie('test').map((of) => ({ op: 'not' as const, of })),
  ),
}));

const literal = (field: string, value: Cell): string => {
  if (field === 'LoginTime') return new Date(value as number).toISOString();
  return typeof value === 'string' ? `'${value}'` : String(value);
};

function soqlOf(one: Test): string {
  switch (one.op) {
    case 'and':
    case 'or':
      return one.of.map((part) => `(${soqlOf(part)})`).join(` ${one.op} `);
    case 'not':
      return `NOT (${soqlOf(one.of)})`;
    case 'IN':
    case 'NOT IN':
      return `${one.field} ${one.op} (${one.values.map((value) => literal(one.field, value)).join(', ')})`;
    default:
      return `${one.field} ${one.op} ${literal(one.field, one.value)}`;
  }
}

it('a compiled condition finds the rows that pass it', async () => {
  await fc.assert(
    fc.asyncProperty(test, async (one) => {
      const soql = `SELECT Id FROM LiveAgentSession WHERE ${soqlOf(one)}`;
      const answer = await ask(world.db, soql, ada, { all: true });
      const expected = sessions.filter((row) => passes(one, reader(row))).map(({ Id }) => Id);
      expect(answer.records.map(({ Id }) => Id).sort()).toEqual(expected.sort());
    }),
    { numRuns: 400 },
  );
});

it('groups hold the rows that pass, null a group of its own', async () => {
  await fc.assert(
    fc.asyncProperty(test, fc.constantFrom('TimeIdle', 'AgentId', 'NumFlagRaised'), async (one, key) => {
      const soql = `SELECT ${key}, COUNT(Id) n, SUM(${key === 'TimeIdle' ? 'NumFlagRaised' : 'TimeIdle'}) s FROM LiveAgentSession WHERE ${soqlOf(one)} GROUP BY ${key}`;
      const answer = await ask(world.db, soql, ada, { all: true });
      const groups = new Map<Cell, { n: number; s: number | null }>();
      for (const row of sessions.filter((each) => passes(one, reader(each)))) {
        const group = groups.get(row[key as keyof Session]) ?? { n: 0, s: null };
        const added = key === 'TimeIdle' ? row.NumFlagRaised : row.TimeIdle;
        groups.set(row[key as keyof Session], {
          n: group.n + 1,
          s: added === null ? group.s : (group.s ?? 0) + added,
        });
      }
      const got = answer.records.map((record) => [record[key], { n: record.n, s: record.s }] as const);
      expect(new Map(got)).toEqual(groups);
    }),
    { numRuns: 150 },
  );
});

it('an order is kept, null first or last as asked', async () => {
  for (const [clause, last, down] of [
    ['', false, false],
    [' NULLS LAST', true, false],
    [' DESC', false, true],
    [' DESC NULLS LAST', true, true],
  ] as const) {
    const { records } = await ask(
      world.db,
      `SELECT TimeIdle FROM LiveAgentSession ORDER BY TimeIdle${clause}`,
      ada,
      { all: true },
    );
    const rank = (value: number | null) => (value === null ? (last ? 1_000 : -1_000) : down ? -value : value);
    const expected = sessions.map(({ TimeIdle }) => TimeIdle).sort((a, b) => rank(a) - rank(b));
    expect(records.map(({ TimeIdle }) => TimeIdle)).toEqual(expected);
  }
});
