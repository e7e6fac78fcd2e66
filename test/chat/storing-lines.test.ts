/** Whichever function stores lines (alone, in a batch, for a unit of work or an older server), it stores and answers the same. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, openDatabase, type Tx } from '../../src/store/database.js';
import { migratedTestDatabase, type TestDatabase } from '../support/database.js';
import { setFloorTime } from '../support/time.js';

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await migratedTestDatabase();
  db = await openDatabase({ url: database.url, poolSize: 1 });
  await setFloorTime(db, { frozenAt: NOW });
});
afterAll(async () => {
  await db?.close();
  await database?.drop();
});

const NOW = '2026-03-10T12:00:00.123Z';
const EARLIER = '2026-03-10T11:59:00Z';
const LATER = '2026-03-10T12:00:30Z';

const moment = fc.constantFrom(null, EARLIER, LATER);
const milliseconds = fc.constantFrom(null, 20_000);
const situation = fc.record({
  chats: fc.array(
    fc.record({
      open: fc.boolean(),
      at: fc.constantFrom(EARLIER, LATER),
      critical_wait_ms: milliseconds,
      idle_warning_ms: milliseconds,
      idle_timeout_ms: milliseconds,
      asked_at: moment,
      critical_due_at: moment,
      critical_since: moment,
      idle_warning_due_at: moment,
      idle_warned_at: moment,
      idle_due_at: moment,
      answered_at: moment,
      /** Which of the two agents are engaged. */
      engaged: fc.subarray([1, 2]),
    }),
    { minLength: 1, maxLength: 2 },
  ),
  items: fc.array(
    fc.record({
      /** The last one does not exist. */
      chat_id: fc.constantFrom(1, 1, 1, 2, 3),
      kind: fc.constantFrom('visitor', 'agent', 'agent', 'system', 'custom', 'whisper'),
      login_id: fc.constantFrom(null, 1, 2),
      user_id: fc.constantFrom(null, '005x'),
      name: fc.constant('said as'),
      text: fc.string({ maxLength: 3, unit: 'grapheme-ascii' }),
      custom_type: fc.constantFrom(null, 'custom'),
      client_id: fc.constantFrom(null, 'a:005x:known', 'a:005x:new'),
      visitor_type: fc.constantFrom(null, 'ChatMessage', 'CustomEvent'),
      visitor_body: fc.record({ text: fc.string({ maxLength: 3, unit: 'grapheme-ascii' }) }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
});
type Situation = typeof situation extends fc.Arbitrary<infer T> ? T : never;

const AGENTS = [1, 2].map((id) => ({ id, name: `agent ${id}` }));

async function prepare(tx: Tx, { chats }: Situation): Promise<void> {
  await tx.query(
    `INSERT INTO login (id, user_id, name, started_at, status, status_since, connected, settings, seq, at, meter)
       OVERRIDING SYSTEM VALUE
     SELECT a.id, '005' || a.id, a.name, $2, 'Online', $2, true, '{}', 1, $2, '{}'
       FROM jsonb_to_recordset($1) AS a (id bigint, name text)`,
    [JSON.stringify(AGENTS), EARLIER],
  );
  await tx.query('INSERT INTO agent_outbox (login_id, last_id) SELECT id, 10 * id FROM login');
  for (const [index, { engaged, ...conversation }] of chats.entries()) {
    const id = index + 1;
    await tx.query(
      `INSERT INTO chat (id, chat_key, state, deployment_id, skill_ids, request, requested_at, waiting_since, seq, at)
         OVERRIDING SYSTEM VALUE VALUES ($1::bigint, $1::bigint::text, 'engaged', '', '{}', '{}', $2, $2, 1, $2)`,
      [id, EARLIER],
    );
    await tx.query(
      `INSERT INTO conversation SELECT c.* FROM jsonb_populate_record(NULL::conversation, $1) c`,
      [JSON.stringify({ ...conversation, chat_id: id, session_id: `session ${id}`, last_sequence: 1 })],
    );
    await tx.query(
      `INSERT INTO chat_message (chat_id, sequence, kind, at, user_id, name, text, custom_type, client_id)
       VALUES ($1, 1, 'agent', $2, '005x', 'agent', 'as before', NULL, 'a:005x:known')`,
      [id, EARLIER],
    );
    for (const [place, login] of engaged.entries()) {
      await tx.query(
        `INSERT INTO engagement (chat_id, generation, login_id, user_id, name, kind, started_at)
         VALUES ($1, $2, $3::bigint, '005' || $3::bigint, 'agent ' || $3::bigint, $4, $5)`,
        [id, place + 1, login, place === 0 ? 'primary' : 'conference', EARLIER],
      );
    }
  }
}

interface Answer {
  ord: number;
  events: [number, number][] | null;
}

const COLUMNS = 'ord, outcome, line, events, session_id';
type Way = (tx: Tx, items: readonly object[]) => Promise<Answer[]>;

const inBatch =
  (called: string): Way =>
  (tx, items) =>
    tx.query(`SELECT ${COLUMNS} FROM ${called} WHERE ord IS NOT NULL ORDER BY ord`, [JSON.stringify(items)]);
const alone =
  (called: string): Way =>
  (tx, items) =>
    tx.query(`SELECT ${COLUMNS} FROM ${called}`, [JSON.stringify(items[0])]);
/** As the journal: a line that is stored already fails, and the function for many tells of it. */
const asTheJournal: Way = async (tx, items) => {
  await tx.query('SAVEPOINT alone');
  try {
    return await alone('floor_store_one($1, NULL)')(tx, items);
  } catch (error) {
    if ((error as { code?: unknown }).code !== '23505') throw error;
    await tx.query('ROLLBACK TO SAVEPOINT alone');
    return inBatch(`floor_store($1, '[]')`)(tx, items);
  }
};

const ROLLBACK = new Error('rolled back');

/** What is answered, and all that the tables then say. */
async function after(one: Situation, way: Way): Promise<object | undefined> {
  let seen: object | undefined;
  const work = db.tx(async (tx) => {
    await prepare(tx, one);
    // Each client id is new once a chat: who says a line twice is told so before it comes here.
    const given = new Set<string>();
    const items = one.items.map((item, ord) => {
      const key = `${item.chat_id} ${item.client_id}`;
      const isAgain = given.has(key);
      given.add(key);
      return { ord, ...item, client_id: isAgain && item.client_id?.endsWith('new') ? null : item.client_id };
    });
    const answers = (await way(tx, items)).map(({ events, ...rest }) => ({
      ...rest,
      events: events === null ? null : [...events].sort(([a], [b]) => a - b),
    }));
    seen = {
      answers,
      lines: await tx.query(
        `SELECT m.chat_id, m.sequence, m.kind, m.at, m.user_id, m.name, m.text, m.custom_type, m.client_id
           FROM chat_message m ORDER BY m.chat_id, m.sequence`,
      ),
      conversations: await tx.query('SELECT to_jsonb(c) AS row FROM conversation c ORDER BY c.chat_id'),
      outboxes: await tx.query('SELECT login_id, last_id FROM agent_outbox ORDER BY login_id'),
      events: await tx.query('SELECT login_id, id, at, body FROM agent_event ORDER BY login_id, id'),
      visitors: await tx.query('SELECT session_id, at, type, body FROM visitor_message ORDER BY id'),
    };
    throw ROLLBACK;
  });
  await expect(work).rejects.toBe(ROLLBACK);
  return seen;
}

it('stores and answers lines alike, by whatever function', async () => {
  await fc.assert(
    fc.asyncProperty(situation, async (one) => {
      const said = await after(one, inBatch(`floor_store($1, '[]')`));
      expect(await after(one, inBatch('floor_journal($1)'))).toEqual(said);
      expect(await after(one, inBatch(`floor_say($1, '[]')`))).toEqual(said);
      if (one.items.length > 1) return;
      expect(await after(one, asTheJournal)).toEqual(said);
      expect(await after(one, alone('floor_say_one($1, NULL)'))).toEqual(said);
      expect(await after(one, alone('floor_journal_one($1)'))).toEqual(said);
    }),
    { numRuns: 150 },
  );
}, 60_000);
