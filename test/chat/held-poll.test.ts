/** A line that becomes the answer of a held poll in its own commit: the same as if it had waited and been taken. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VisitorPoll } from '../../src/chat/floor.js';
import type { Tx } from '../../src/store/database.js';
import { type AgentClient, closeWorlds, engaged, openWorld, type World } from './floor-world.js';

const seen: string[] = [];
let world: World;
let agent: AgentClient;
let chatId: string;
let key: string;
let ack: number;
/** Holds back the statements that store lines, when set. */
let gate: Promise<void> | undefined;

beforeEach(async () => {
  gate = undefined;
  world = await openWorld({}, true, (db) => ({
    ...db,
    async query<R extends object>(text: string, values?: readonly unknown[], name?: string): Promise<R[]> {
      seen.push(name ?? text);
      const rows = await db.query<R>(text, values, name);
      if (name?.startsWith('floor.say')) await gate;
      return rows;
    },
  }));
  const chatting = await engaged(world);
  ({ agent, chatId } = chatting);
  ({ key } = chatting.visitor);
  const first = await batchOf(world.floor.visitor.poll(key, { ack: -1, holdMs: 1_000 }));
  ack = first.sequence;
  expect(await world.floor.visitor.poll(key, { ack, holdMs: 30 })).toEqual({ kind: 'empty' });
});
afterEach(() => world.close());
afterAll(closeWorlds);

const say = (text: string) => world.floor.sendLine(agent.connectionId, { chatId, text });
const poll = (options: { ack?: number; signal?: AbortSignal } = { ack }) =>
  world.floor.visitor.poll(key, { holdMs: 5_000, ...options });

async function batchOf(polled: Promise<VisitorPoll>) {
  const answer = await polled;
  if (answer.kind !== 'batch') throw new Error(`answered ${answer.kind}`);
  return { ...answer, texts: answer.messages.map(({ message }) => message.text) };
}
const aMoment = (ms = 50) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a held poll', () => {
  it('gets a line without a statement of its own, numbered on', async () => {
    const held = batchOf(poll());
    await aMoment();
    seen.length = 0;
    await say('one');
    expect(await held).toMatchObject({ texts: ['one'], sequence: ack + 1 });
    expect(seen.filter((name) => name.startsWith('floor.take'))).toEqual([]);
    expect(await world.db.query('SELECT id FROM visitor_message')).toEqual([]);
  });

  it('gets the same batch again while it is not confirmed, and loses nothing to a lost answer', async () => {
    const held = batchOf(poll());
    await aMoment();
    await say('one');
    const answer = await held;
    expect((await batchOf(poll())).messages).toEqual(answer.messages);
    ack = answer.sequence;
    const next = batchOf(poll());
    await aMoment();
    await say('two');
    expect(await next).toMatchObject({ texts: ['two'], sequence: ack + 1 });
  });

  it('of a process that is killed leaves its batch to any other', async () => {
    const other = await world.anotherFloor();
    const held = batchOf(poll());
    await aMoment();
    await say('one');
    await held;
    const again = await batchOf(other.visitor.poll(key, { ack, holdMs: 1_000 }));
    expect(again).toMatchObject({ texts: ['one'], sequence: ack + 1 });
  });

  it('that is superseded or given up while its line is stored still gets what was made for it', async () => {
    let open = () => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    const held = batchOf(poll());
    await aMoment();
    const said = say('one');
    await aMoment();
    const newer = batchOf(poll());
    await aMoment();
    open();
    await said;
    expect((await held).texts).toEqual(['one']);
    expect((await newer).texts).toEqual(['one']);
  });

  it('that began before ReconnectSession gets nothing under old numbers, and the line is told once', async () => {
    const held = poll();
    await aMoment();
    await Promise.all([say('one'), world.floor.visitor.reconnect(key)]);
    await held;
    const { messages } = await batchOf(poll({ ack: -1 }));
    const told = messages.flatMap(({ type, message }) =>
      type === 'ChatMessage'
        ? [message.text]
        : type === 'ChasitorSessionData'
          ? (message.chatMessages as { content: string }[]).map(({ content }) => content)
          : [],
    );
    expect(told).toEqual(['one']);
  });

  it('that names no number looks for itself', async () => {
    const held = batchOf(poll({}));
    await aMoment();
    await say('one');
    expect((await held).texts).toEqual(['one']);
    const next = batchOf(poll({}));
    await aMoment();
    await Promise.all([say('two'), say('three')]);
    const texts = [...(await next).texts];
    while (texts.length < 2) texts.push(...(await batchOf(poll({}))).texts);
    expect(texts).toEqual(['two', 'three']);
  });

  it('loses and repeats nothing of many lines said at once', async () => {
    const expected: string[] = [];
    const heard: unknown[] = [];
    const talking = (async () => {
      for (let i = 0; i < 60; i += 1) {
        const lines = Array.from({ length: 1 + (i % 4) }, (_, n) => `${i}.${n}`);
        expected.push(...lines);
        await Promise.all(lines.map(say));
      }
    })();
    let isOver = false;
    let answers = 0;
    void talking.then(() => {
      isOver = true;
    });
    while (!isOver || heard.length < expected.length) {
      if (heard.length === expected.length) {
        // Whoever says the next lines has yet to learn that these are stored.
        await new Promise(setImmediate);
        continue;
      }
      const answer = await batchOf(poll());
      // every third answer is lost
      answers += 1;
      if (answers % 3 === 0) continue;
      heard.push(...answer.texts);
      ack = answer.sequence;
    }
    expect(heard).toEqual(expected);
  });
});

const ROLLBACK = new Error('rolled back');
const LINES = 'ord, outcome, line, events, session_id, delivery';

/** What the poll is answered, and what the session's row is, after lines that are said in one of two ways. */
async function after(
  lines: number,
  session: { sequence: number; batch: object[]; closing: boolean; waiting: number; stale: boolean },
  way: 'held' | 'alone' | 'taken',
) {
  let result: object | undefined;
  const work = world.db.tx(async (tx: Tx) => {
    const [chat] = await tx.query<{ chat_id: number; session_id: string; login_id: number }>(
      `SELECT v.chat_id, v.session_id, g.login_id FROM conversation v JOIN engagement g ON g.chat_id = v.chat_id`,
    );
    const id = chat?.session_id as string;
    await tx.query(
      `UPDATE visitor_session SET sequence = $2, batch = $3, closing = $4, poll_token = 7, undelivered = false WHERE id = $1`,
      [id, session.sequence, JSON.stringify(session.batch), session.closing],
    );
    await tx.query(
      `INSERT INTO visitor_message (session_id, at, type, body)
       SELECT $1, (SELECT floor_now()), 'CustomEvent', '{}' FROM generate_series(1, $2)`,
      [id, session.waiting],
    );
    const items = Array.from({ length: lines }, (_, ord) => ({
      ord,
      chat_id: chat?.chat_id,
      kind: 'agent',
      login_id: chat?.login_id,
      name: 'x',
      text: `line ${ord}`,
      client_id: randomUUID(),
      visitor_type: 'ChatMessage',
      visitor_body: { text: `line ${ord}`, name: 'x' },
    }));
    const standing = { session_id: id, token: session.stale ? 6 : 7, sequence: session.sequence };
    const polls = way === 'taken' ? [] : [standing];
    const rows =
      way === 'alone'
        ? await tx.query<{ delivery: Record<string, unknown> | null }>(
            `SELECT ${LINES} FROM floor_store_one($1, $2)`,
            [JSON.stringify(items[0]), JSON.stringify(polls[0])],
          )
        : await tx.query<{ delivery: Record<string, unknown> | null }>(
            `SELECT ${LINES} FROM floor_store($1, $2)`,
            [JSON.stringify(items), JSON.stringify(polls)],
          );
    let given = rows.find(({ delivery }) => delivery !== null)?.delivery ?? undefined;
    const isDelivered = given !== undefined;
    if (given === undefined) {
      const [served] = await tx.query<Record<string, unknown>>(
        'SELECT outcome, token, batch, sequence, taken_id, more FROM visitor_serve_one($1)',
        [JSON.stringify({ ...standing, poll: 'next', ack: session.sequence })],
      );
      given = served as Record<string, unknown>;
    }
    const { token, batch, sequence, more } = given;
    const [row] = await tx.query(
      'SELECT closing, sequence, batch, undelivered, poll_token FROM visitor_session WHERE id = $1',
      [id],
    );
    const left = await tx.query('SELECT type, body FROM visitor_message WHERE session_id = $1 ORDER BY id', [
      id,
    ]);
    result = { answer: { token, batch, sequence, more }, row, left };
    if (way !== 'taken') expect(isDelivered).toBe(session.waiting === 0 && !session.stale);
    throw ROLLBACK;
  });
  await expect(work).rejects.toBe(ROLLBACK);
  return result;
}

it('is answered and left as if the lines had waited and been taken', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(1, 1, 2, 5, 199, 200, 201),
      fc.record({
        sequence: fc.integer({ min: -1, max: 5 }),
        batch: fc.array(fc.constant({ type: 'ChatMessage', message: {} }), { maxLength: 3 }),
        closing: fc.boolean(),
        waiting: fc.constantFrom(0, 0, 0, 1, 2),
        stale: fc.constantFrom(false, false, false, true),
      }),
      async (lines, session) => {
        const taken = await after(lines, session, 'taken');
        expect(await after(lines, session, 'held')).toEqual(taken);
        if (lines === 1) expect(await after(lines, session, 'alone')).toEqual(taken);
      },
    ),
    { numRuns: 60 },
  );
}, 60_000);
