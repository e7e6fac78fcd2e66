/** Sensitive-data rules in chats: masked before it is stored or shown, whoever it comes from, and noted in the transcript. */
import { afterAll, afterEach, expect, it } from 'vitest';
import { auditFloor } from '../support/floor-audit.js';
import { closeWorlds, engaged, openWorld, visit, type World } from './floor-world.js';

let world: World;
afterAll(() => closeWorlds());
afterEach(async () => {
  const { errors } = world;
  await auditFloor(world.db);
  await world.close();
  expect(errors).toEqual([]);
});

const [AGENT, VISITOR, SUPERVISOR] = [1, 2, 4];
let made = 0;
const rule = (fields: Readonly<Record<string, unknown>>) =>
  world.create('LiveChatSensitiveDataRule', {
    DeveloperName: `Rule${++made}`,
    MasterLabel: `Rule ${made}`,
    ActionType: 'Replace',
    Replacement: '###',
    EnforceOn: AGENT + VISITOR + SUPERVISOR,
    IsEnabled: true,
    ...fields,
  });

async function chatting(rules: readonly Readonly<Record<string, unknown>>[]) {
  world = await openWorld();
  const ids = [];
  for (const one of rules) ids.push(await rule(one));
  await world.floor.tick();
  const config = {
    OptionsHasAgentSneakPeek: true,
    OptionsHasAssistanceFlag: true,
    OptionsHasAgentFileTransfer: true,
  };
  return { ids, ...(await engaged(world, { config })) };
}

const stored = async () =>
  (await world.db.query<{ text: string }>('SELECT text FROM chat_message ORDER BY chat_id, sequence')).map(
    ({ text }) => text,
  );

it('masks what each side says in its own time, in the order of the priorities, and keeps nothing else', async () => {
  const { agent, visitor, chatId, userId } = await chatting([
    { MasterLabel: 'Words', Pattern: 'secret', Priority: 2 },
    { MasterLabel: 'Card', Pattern: '\\d{4}( ?\\d{4}){3}', Priority: 1, Replacement: 'secret card' },
    { MasterLabel: 'Digits', Pattern: '[0-9]', ActionType: 'Remove', EnforceOn: VISITOR, Priority: 3 },
    { MasterLabel: 'Off', Pattern: 'h', IsEnabled: false },
  ]);
  const { floor } = world;
  await visitor.say('my card is 4111 1111 1111 1111, pin 99');
  expect((await agent.next('line')).line.text).toBe('my card is ### card, pin ');
  const said = await floor.sendLine(agent.connectionId, {
    chatId,
    text: 'the secret is 42',
    clientId: 'one',
  });
  expect(said.text).toBe('the ### is 42');
  expect((await visitor.until('ChatMessage')).message).toMatchObject({ text: 'the ### is 42' });
  // Said twice, stored and noted once.
  await floor.sendLine(agent.connectionId, { chatId, text: 'the secret is 42', clientId: 'one' });
  const whispered = await floor.supervisor.whisper(
    { userId, name: 'Sue' },
    { chatId, text: 'ask for the secret' },
  );
  expect(whispered.text).toBe('ask for the ###');
  await visitor.say('hello');
  expect(await stored()).toEqual(['my card is ### card, pin ', 'the ### is 42', 'ask for the ###', 'hello']);

  await floor.endChat(agent.connectionId, chatId);
  await floor.tick();
  const rows = await world.db.query(
    `SELECT e.type, e.detail, e.agent_id AS agent FROM so_live_chat_transcript_event e WHERE e.type LIKE 'Sensitive%' ORDER BY e.id`,
  );
  expect(rows).toEqual([
    { type: 'SensitiveDataVisitor', detail: 'Card, Words, Digits', agent: null },
    { type: 'SensitiveDataAgent', detail: 'Words', agent: userId },
    { type: 'SensitiveDataSupervisor', detail: 'Words', agent: userId },
  ]);
  const [transcript] = await world.db.query<{ all: string }>(
    `SELECT concat(body, supervisor_transcript_body) AS all FROM so_live_chat_transcript`,
  );
  expect(transcript?.all).toContain('my card is ### card, pin ');
  expect(transcript?.all).not.toContain('4111');
});

it('masks the sneak peek, and tells the visitor’s client which rules there are', async () => {
  const { agent, visitor, ids } = await chatting([
    { MasterLabel: 'Card', Pattern: '\\d{4}', EnforceOn: VISITOR },
    { MasterLabel: 'Agents', Pattern: 'x', EnforceOn: AGENT },
  ]);
  const success = visitor.received.find(({ type }) => type === 'ChatRequestSuccess');
  expect(success?.message.sensitiveDataRules).toEqual([
    { id: ids[0], name: 'Card', pattern: '\\d{4}', replacement: '###', actionType: 'Replace' },
  ]);
  await world.floor.visitor.sneakPeek(visitor.key, { position: 1, text: 'x 1234' });
  await expect
    .poll(() => agent.transients)
    .toContainEqual(expect.objectContaining({ type: 'visitorSneakPeek', text: 'x ###' }));
});

it('keeps reports of the visitor’s own client, of rules it was given only', async () => {
  const { agent, visitor, chatId, ids } = await chatting([{ MasterLabel: 'Card', Pattern: '\\d{4}' }]);
  const report = (rules: { id?: string; name?: string }[]) =>
    world.floor.visitor.sensitiveDataTriggered(visitor.key, rules);
  await report([{ name: 'DROP TABLE' }]);
  await report([{ id: ids[0] as string }]);
  await world.floor.endChat(agent.connectionId, chatId);
  await world.floor.tick();
  expect(
    await world.db.query(
      `SELECT type, detail FROM so_live_chat_transcript_event WHERE type LIKE 'Sensitive%'`,
    ),
  ).toEqual([{ type: 'SensitiveDataVisitor', detail: 'Card' }]);
});

it('a rule "Upon Saving Record" leaves the chat alone and masks the transcript', async () => {
  const { agent, visitor, chatId } = await chatting([
    { Pattern: 'Berlin', ProcessingType: 'Persist', EnforceOn: VISITOR },
  ]);
  await visitor.say('I live in Berlin');
  expect((await agent.next('line')).line.text).toBe('I live in Berlin');
  await world.floor.sendLine(agent.connectionId, { chatId, text: 'Berlin!' });
  await world.floor.endChat(agent.connectionId, chatId);
  await world.floor.tick();
  const [row] = await world.db.query<{ body: string }>('SELECT body FROM so_live_chat_transcript');
  expect(row?.body).toContain('I live in ###');
  expect(row?.body).toContain('Berlin!');
});

it('a changed rule holds within a second on every server', async () => {
  const { agent, visitor, chatId } = await chatting([]);
  await visitor.say('one 1111');
  const id = await rule({ Pattern: '\\d{4}' });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await visitor.say('two 2222');
  await world.db.query(`UPDATE so_live_chat_sensitive_data_rule SET pattern = 'two' WHERE id = $1`, [id]);
  await world.floor.tick();
  await visitor.say('two 3333');
  expect(await stored()).toEqual(['one 1111', 'two ###', '### 3333']);
  expect(agent.events.filter(({ type }) => type === 'line')).toHaveLength(3);
  expect(chatId).not.toBe('');
});

it('masks what an agent has not sent yet before a supervisor sees it', async () => {
  const { chatId, userId } = await chatting([{ Pattern: '\\d{4}', EnforceOn: AGENT }]);
  const heard: string[] = [];
  const stop = await world.floor.views.watchChat(chatId, {
    isReady: () => true,
    watched: () => undefined,
    change: () => undefined,
    overheard: (one) => {
      if ('text' in one) heard.push(one.text);
    },
    fellBehind: () => undefined,
  });
  world.floor.views.agentSneakPeek(userId, chatId, 'his card is 1234');
  await expect.poll(() => heard).toEqual(['his card is ###']);
  stop();
});

it('masks what is said in other places: a flag, a reason to decline, the name of a file', async () => {
  const { agent, visitor, chatId, userId } = await chatting([
    { MasterLabel: 'Card', Pattern: '\\d{4}', EnforceOn: AGENT + VISITOR },
    { Pattern: 'Berlin', ProcessingType: 'Persist', EnforceOn: AGENT + VISITOR },
  ]);
  const { floor } = world;
  await floor.raiseFlag(agent.connectionId, chatId, 'card 1234 refused in Berlin');
  expect((await agent.next('flagRaised')).message).toBe('card ### refused in Berlin');
  await floor.requestFile(agent.connectionId, chatId);
  const { fileToken } = (await visitor.until('FileTransfer')).message;
  const chunks = (async function* () {
    yield Buffer.from('x');
  })();
  const file = await floor.files.receive(
    { chatKey: visitor.key.split('!')[0] as string, fileToken: String(fileToken) },
    async () => ({ name: 'card 1234 Berlin.txt', chunks }),
  );
  expect(file).toMatchObject({ name: 'card ### Berlin.txt', contentType: 'text/plain' });
  await floor.endChat(agent.connectionId, chatId);
  await visit(world, { buttonId: await buttonOf(chatId) });
  const { offer } = await agent.next('offered');
  await floor.decline(agent.connectionId, offer.offerId, 'he has card 1234');
  await floor.tick();
  expect(
    await world.db.query(
      `SELECT type, detail, agent_id AS agent FROM so_live_chat_transcript_event
        WHERE type IN ('FlagRaised', 'SensitiveDataAgent', 'FileTransferSuccess', 'DeclineManual') ORDER BY id`,
    ),
  ).toEqual([
    { type: 'FlagRaised', detail: 'card ### refused in ###', agent: userId },
    { type: 'SensitiveDataAgent', detail: 'Card', agent: userId },
    { type: 'FileTransferSuccess', detail: 'card ### ###.txt', agent: null },
    { type: 'DeclineManual', detail: 'he has card ###', agent: userId },
  ]);
});

const buttonOf = async (chatId: string) =>
  (await world.db.query<{ id: string }>('SELECT button_id AS id FROM chat WHERE id = $1', [chatId]))[0]
    ?.id as string;
