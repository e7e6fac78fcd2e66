/**
 * PostgreSQL finds no room on its disk (SQLSTATE 53100) while agents and visitors go on: each write is answered 503 or
 * SERVER_UNAVAILABLE, nobody is logged out, and with room again what was refused is stored once when it is said again.
 * The error is raised by triggers, so that the test needs no disk of its own; the statements fail as they would.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ChatServer, chatServer } from '../support/chat-server.js';
import { type RawVisitor, rawVisitor } from './raw-visitor.js';

let server: ChatServer;
let visitor: RawVisitor | undefined;

beforeAll(async () => {
  server = await chatServer({ LOG_LEVEL: 'silent' });
}, 60_000);
afterAll(async () => {
  visitor?.stop();
  await server?.close();
});

const WRITTEN = ['chat_message', 'so_live_chat_button'];

async function fillDisk(): Promise<void> {
  await server.db.query(
    `CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN RAISE 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$`,
  );
  for (const table of WRITTEN) {
    await server.db.query(
      `CREATE TRIGGER no_room BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION no_room()`,
    );
  }
}

const makeRoom = () => server.db.query('DROP FUNCTION no_room() CASCADE');

test('a full disk refuses what it cannot keep, and loses nothing that was acknowledged', async () => {
  const ana = await server.agent('ana');
  await ana.request('setStatus', { status: 'Online' });
  visitor = await rawVisitor(server.url, server, 'Vera');
  const { offerId } = await ana.until((state) => state.offers[0]);
  const { chat } = await ana.request('acceptOffer', { offerId });
  const { chatId } = chat.chat;
  const agentSays = (text: string) => ana.request('sendMessage', { chatId, text, clientId: text });
  await visitor.heard('ChatEstablished');
  await agentSays('agent 1');
  expect(await visitor.say('visitor 1')).toBe(true);
  const loginId = ana.snapshot().loginId;

  await fillDisk();
  await expect(agentSays('agent 2')).rejects.toMatchObject({ code: 'SERVER_UNAVAILABLE' });
  await expect(server.changeButton({ OverallQueueLength: 7 })).rejects.toThrow(/503 .*SERVER_UNAVAILABLE/);
  // Its POST is answered 5xx, and sent again with its number until it is taken.
  const refused = visitor.say('visitor 2');
  await sleep(500);
  expect(visitor.acknowledged).toEqual(['visitor 1']);

  await makeRoom();
  expect(await refused).toBe(true);
  await agentSays('agent 2');
  await server.changeButton({ OverallQueueLength: 7 });

  const lines = await server.db.query<{ kind: string; text: string }>(
    "SELECT kind, text FROM chat_message WHERE chat_id = $1 AND kind IN ('agent', 'visitor') ORDER BY sequence",
    [chatId],
  );
  const textsOf = (kind: string) => lines.filter((line) => line.kind === kind).map(({ text }) => text);
  expect(textsOf('agent')).toEqual(['agent 1', 'agent 2']);
  expect(textsOf('visitor')).toEqual(['visitor 1', 'visitor 2']);
  await expect
    .poll(() =>
      visitor?.received.filter(({ type }) => type === 'ChatMessage').map(({ message }) => message.text),
    )
    .toEqual(['agent 1', 'agent 2']);
  expect((await ana.request('getSnapshot', {})).snapshot).toMatchObject({ loginId, status: 'Online' });
}, 30_000);
