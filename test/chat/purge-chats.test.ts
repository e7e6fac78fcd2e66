/** What time takes from the floor, and what it must leave: records, the log of logins, everything that is not old. */
import { afterAll, afterEach, expect, it } from 'vitest';
import { purgeChats } from '../../src/chat/purge-chats.js';
import { auditFloor } from '../support/floor-audit.js';
import { closeWorlds, connect, openWorld, visit, type World } from './floor-world.js';

let world: World;
afterAll(() => closeWorlds());
afterEach(async () => {
  const { errors } = world;
  await world.close();
  expect(errors).toEqual([]);
});

const DAY = 86_400_000;
const TEMPORARY = [
  'visitor_session',
  'visitor_contact',
  'visitor_message',
  'chat',
  'chat_event',
  'chat_message',
  'conversation',
  'offer',
  'engagement',
  'agent_event',
  'file_transfer',
  'file_chunk',
  'sensitive_data_hit',
  'visitor_page',
  'queue_place',
];
const KEPT = [
  'login',
  'floor_event',
  'so_live_agent_session',
  'so_live_chat_transcript',
  'so_live_chat_transcript_event',
  'so_live_chat_visitor',
];

async function counts(tables: readonly string[]): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const table of tables) {
    const [row] = await world.db.query<{ n: number }>(`SELECT count(*) AS n FROM ${table}`);
    found[table] = row?.n ?? -1;
  }
  return found;
}

/** A login with a chat in which everything happened that leaves a row. */
async function day(button: string, userId: string): Promise<void> {
  const { floor } = world;
  const agent = await connect(floor, userId);
  await agent.status('Online');
  const visitor = await visit(world, { buttonId: button, receiveQueueUpdates: true });
  const { offer } = await agent.next('offered');
  const { chat } = await floor.accept(agent.connectionId, offer.offerId);
  await visitor.say('my pin is 1234');
  await floor.visitor.breadcrumb(visitor.key, 'https://example.org/a');
  await floor.requestFile(agent.connectionId, chat.chatId);
  const message = await visitor.until('FileTransfer');
  await floor.files.receive(
    { chatKey: visitor.key.split('!')[0] as string, fileToken: String(message.message.fileToken) },
    async () => ({
      name: 'a.txt',
      chunks: (async function* () {
        yield Buffer.from('hello');
      })(),
    }),
  );
  await floor.endChat(agent.connectionId, chat.chatId);
  await floor.logout(agent.connectionId);
  await floor.disconnectAgent(agent.connectionId);
  await floor.visitor.createSession();
  await floor.tick();
}

async function organization() {
  world = await openWorld();
  const skill = await world.skill('Support');
  const button = await world.button({ SkillId: skill });
  await world.create('LiveChatSensitiveDataRule', {
    DeveloperName: 'Pin',
    MasterLabel: 'Pin',
    Pattern: '\\d{4}',
    ActionType: 'Remove',
    EnforceOn: 2,
    IsEnabled: true,
  });
  await world.floor.tick();
  const config = { OptionsHasAgentFileTransfer: true };
  return { button, userId: await world.agent('ana', { skills: [skill], config }) };
}

it('takes everything of an old chat but records and the log of its login', async () => {
  const { button, userId } = await organization();
  await day(button, userId);
  const before = await counts([...TEMPORARY, ...KEPT]);
  // Each of them is looked at below; the place in the queue went with the acceptance.
  expect(Object.entries(before).filter(([, n]) => n === 0)).toEqual([['queue_place', 0]]);
  await world.leap(29 * DAY);
  expect(await purgeChats(world.db, 30)).toBe(false);
  // Only the session in which nothing was asked for.
  expect(await counts([...TEMPORARY, ...KEPT])).toEqual({
    ...before,
    visitor_session: (before.visitor_session ?? 0) - 1,
    visitor_contact: (before.visitor_contact ?? 0) - 1,
  });
  await world.leap(2 * DAY);
  expect(await purgeChats(world.db, 30)).toBe(false);
  expect(await counts(TEMPORARY)).toEqual(Object.fromEntries(TEMPORARY.map((table) => [table, 0])));
  for (const table of KEPT) expect((await counts([table]))[table]).toBe(before[table]);
  await auditFloor(world.db);
});

it('leaves the young alone, those that go on, and those without their transcript', async () => {
  const { button, userId } = await organization();
  await day(button, userId);
  await world.leap(40 * DAY);
  await day(button, userId);
  const agent = await connect(world.floor, userId);
  await agent.status('Online');
  const running = await visit(world, { buttonId: button });
  await agent.next('offered');
  const [old] = await world.db.query<{ id: number }>('SELECT id FROM chat ORDER BY id LIMIT 1');
  const [{ transcript_id: transcriptId } = { transcript_id: '' }] = await world.db.query<{
    transcript_id: string;
  }>('SELECT transcript_id FROM chat WHERE id = $1', [old?.id]);
  await world.db.query('UPDATE chat SET transcript_id = NULL WHERE id = $1', [old?.id]);
  await purgeChats(world.db, 30);
  expect((await counts(['chat'])).chat).toBe(3);
  await world.db.query('UPDATE chat SET transcript_id = $2 WHERE id = $1', [old?.id, transcriptId]);
  await purgeChats(world.db, 30);
  expect((await counts(['chat'])).chat).toBe(2);
  await running.say('still here');
  await auditFloor(world.db);
});
