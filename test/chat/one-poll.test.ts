/** A poll that is served alone gets what it gets among others: visitor_serve_one is visitor_serve for one item. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, openDatabase, type Tx } from '../../src/store/database.js';
import { migratedTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await migratedTestDatabase();
  db = await openDatabase({ url: database.url, poolSize: 1 });
});
afterAll(async () => {
  await db?.close();
  await database?.drop();
});

const TYPES = ['ChatMessage', 'QueueUpdate', 'ChatEstablished', 'CustomEvent'];
const messages = (type: fc.Arbitrary<string>, maxLength: number) =>
  fc.array(
    fc.record({ type, message: fc.record({ text: fc.string({ maxLength: 3, unit: 'grapheme-ascii' }) }) }),
    {
      maxLength,
    },
  );
const typing = messages(fc.constant('AgentTyping'), 1);

const situation = fc.record({
  session: fc.record({
    closing: fc.boolean(),
    sequence: fc.integer({ min: -1, max: 6 }),
    batch: messages(fc.constantFrom(...TYPES), 3),
    undelivered: fc.boolean(),
    token: fc.integer({ min: 1, max: 2 }),
    node: fc.constantFrom('here', 'there', null),
  }),
  waiting: messages(fc.constantFrom(...TYPES), 4),
  many: fc.constantFrom(0, 0, 0, 199, 200, 201),
  poll: fc.record({
    isKnown: fc.integer({ min: 0, max: 9 }),
    poll: fc.constantFrom('new', 'next', 'again'),
    token: fc.integer({ min: 1, max: 2 }),
    ack: fc.option(fc.integer({ min: -1, max: 8 })),
    early: typing,
    late: typing,
  }),
});
type Situation = typeof situation extends fc.Arbitrary<infer T> ? T : never;

const ROLLBACK = new Error('rolled back');

/** What the poll is answered and what is in the tables afterwards; ids from the first one that waits. */
async function after(
  { session, waiting, many, poll: { isKnown, ...poll } }: Situation,
  serve: (tx: Tx, item: object) => Promise<object[]>,
) {
  let seen: object | undefined;
  const work = db.tx(async (tx) => {
    const id = randomUUID();
    await tx.query(
      `INSERT INTO visitor_session (id, key_hash, affinity_token, created_at, closing, sequence, batch, undelivered,
         poll_token, poll_node) VALUES ($1, '', '', (SELECT floor_now()), $2, $3, $4, $5, $6, $7)`,
      [
        id,
        session.closing,
        session.sequence,
        JSON.stringify(session.batch),
        session.undelivered,
        session.token,
        session.node,
      ],
    );
    const all = [...waiting, ...Array.from({ length: many }, () => ({ type: 'ChatMessage', message: {} }))];
    const rows = await tx.query<{ id: number }>(
      `INSERT INTO visitor_message (session_id, at, type, body)
       SELECT $1, (SELECT floor_now()), m->>'type', m->'message' FROM jsonb_array_elements($2) m RETURNING id`,
      [id, JSON.stringify(all)],
    );
    const first = Math.min(...rows.map((row) => row.id));
    const relative = (number: number) => (number === 0 ? 0 : number - first + 1);
    const answer = (
      (await serve(tx, { ...poll, ord: 0, session_id: isKnown === 0 ? 'x' : id, node: 'here' })) as {
        taken_id: number;
      }[]
    ).map((one) => ({ ...one, taken_id: relative(one.taken_id) }));
    const sessions = await tx.query<{ taken_id: number }>(
      `SELECT closing, sequence, batch, taken_id, undelivered, poll_token, poll_node FROM visitor_session WHERE id = $1`,
      [id],
    );
    const left = await tx.query<{ id: number }>(
      'SELECT id, type, body FROM visitor_message WHERE session_id = $1 ORDER BY id',
      [id],
    );
    const [how] = await tx.query("SELECT current_setting('synchronous_commit') AS commit");
    seen = {
      answer,
      sessions: sessions.map((one) => ({ ...one, taken_id: relative(one.taken_id) })),
      left: left.map((one) => ({ ...one, id: relative(one.id) })),
      how,
    };
    throw ROLLBACK;
  });
  await expect(work).rejects.toBe(ROLLBACK);
  return seen;
}

const COLUMNS = 'ord, outcome, token, batch, sequence, taken_id, other_node, more';

it('serves one poll alone as it would among others', async () => {
  await fc.assert(
    fc.asyncProperty(situation, async (one) => {
      const alone = await after(one, (tx, item) =>
        tx.query(`SELECT ${COLUMNS} FROM visitor_serve_one($1)`, [JSON.stringify(item)]),
      );
      const among = await after(one, (tx, item) =>
        tx.query(`SELECT ${COLUMNS} FROM visitor_serve($1)`, [JSON.stringify([item])]),
      );
      expect(alone).toEqual(among);
    }),
    { numRuns: 300 },
  );
}, 60_000);
