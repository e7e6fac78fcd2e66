/** ReconnectSession while lines are said: each line is in the conversation that comes first, or after it, never both or neither. */
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/store/database.js';
import {
  type AgentClient,
  closeWorlds,
  connect,
  engaged,
  openWorld,
  type VisitorClient,
  visit,
  type World,
} from './floor-world.js';

let world: World;
let beside: Database;
let agent: AgentClient;
let visitor: VisitorClient;
let chatId: string;
let buttonId: string;

beforeEach(async () => {
  world = await openWorld({}, true);
  beside = await openDatabase({ url: world.url, poolSize: 2 });
  const button = { HasQueue: true, PostchatUrl: 'https://example.org/after' };
  ({ agent, visitor, chatId } = await engaged(world, { button }));
  const [asked] = await world.db.query<{ id: string }>('SELECT id FROM so_live_chat_button');
  buttonId = asked?.id as string;
});
afterEach(async () => {
  await beside.close();
  await world.close();
});
afterAll(closeWorlds);

/** What a client shows that starts over with every ChasitorSessionData. */
function shown(): string[] {
  let texts: string[] = [];
  for (const { type, message } of visitor.received) {
    if (type === 'ChasitorSessionData') {
      texts = (message as { chatMessages: { content: string }[] }).chatMessages.map(({ content }) => content);
    }
    if (type === 'ChatMessage') texts.push((message as { text: string }).text);
  }
  return texts;
}

test('a line whose commit is under way is not delivered before the conversation without it', async () => {
  const [chat] = await world.db.query<{ id: number; login: number }>(
    'SELECT g.chat_id AS id, g.login_id AS login FROM engagement g',
  );
  let reconnecting: Promise<unknown> | undefined;
  await beside.tx(async (tx) => {
    await tx.query('SELECT outcome FROM floor_journal_one($1)', [
      JSON.stringify({
        chat_id: chat?.id,
        kind: 'agent',
        login_id: chat?.login,
        name: 'ann',
        text: 'just now',
        visitor_type: 'ChatMessage',
        visitor_body: { text: 'just now', name: 'ann' },
      }),
    ]);
    reconnecting = visitor.reconnect();
    // as long as the disk may take
    await Promise.race([reconnecting, new Promise((resolve) => setTimeout(resolve, 300))]);
  });
  await reconnecting;
  await visitor.once();
  expect(shown()).toEqual(['just now']);
});

test('many lines said at once with reconnecting are shown once and in order', async () => {
  const said: string[] = [];
  const talk = (async () => {
    for (let i = 0; i < 120; i += 1) {
      said.push(`line ${i}`);
      await world.floor.sendLine(agent.connectionId, { chatId, text: `line ${i}` });
    }
  })();
  for (let i = 0; i < 12; i += 1) {
    await visitor.reconnect();
    await visitor.once();
  }
  await talk;
  for (let i = 0; i < 3; i += 1) await visitor.once();
  expect(shown()).toEqual(said);
});

/** ChasitorSessionData of a client that has just started over. */
async function startedOver(client: VisitorClient): Promise<Readonly<Record<string, unknown>>> {
  await client.reconnect();
  return (await client.until('ChasitorSessionData')).message;
}

test('who is in a chat learns what its beginning told: whether sneak peek is on, and the page that comes after', async () => {
  const told = { sneakPeekEnabled: true, postChatUrl: 'https://example.org/after', queuePosition: 0 };
  expect(await startedOver(visitor)).toMatchObject(told);
  await agent.status('Offline');
  expect(await startedOver(visitor)).toMatchObject({ ...told, sneakPeekEnabled: false });
});

test('who waits learns the present place in the queue', async () => {
  const first = await visit(world, { buttonId });
  const second = await visit(world, { buttonId });
  expect((await second.until('ChatRequestSuccess')).message.queuePosition).toBe(2);
  expect((await startedOver(second)).queuePosition).toBe(2);
  await first.end();
  expect(await startedOver(second)).toMatchObject({ queuePosition: 1, sneakPeekEnabled: false });
});

test('the conversation says where it went to another agent', async () => {
  const [skillId] = await world.db.query<{ id: string }>('SELECT id FROM so_skill');
  const ben = await connect(
    world.floor,
    await world.agent('ben', { skills: [skillId?.id as string], capacity: 2 }),
  );
  await visitor.say('before');
  await agent.status('Offline');
  await ben.status('Online');
  await world.floor.accept(ben.connectionId, ben.state.offers[0]?.offerId as string);
  await visitor.say('after');
  const { chatMessages } = await startedOver(visitor);
  expect(chatMessages).toMatchObject([
    { type: 'Chasitor', content: 'before', sequence: 1 },
    { type: 'OperatorTransferred', name: 'ben', content: '', sequence: 1 },
    { type: 'Chasitor', content: 'after', sequence: 2 },
  ]);
});
