/** LiveChatTranscript: every computed field, for each way a chat can go (live-agent-chat.md §12.1). The clock stands still. */
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { auditFloor } from '../support/floor-audit.js';
import { type AgentClient, closeWorlds, connect, openWorld, visit, type World } from './floor-world.js';

let world: World;
let button: string;
let skill: string;
let ana: AgentClient;
let userId: string;
afterAll(() => closeWorlds());
beforeEach(async () => {
  // Agents who say nothing for minutes are not lost here.
  world = await openWorld({ graceMs: 600_000 });
  skill = await world.skill('Support');
  button = await world.button({ SkillId: skill, HasQueue: true });
  userId = await world.agent('ana', { skills: [skill] });
  ana = await connect(world.floor, userId);
});
afterEach(async () => {
  const { errors } = world;
  await auditFloor(world.db);
  await world.close();
  expect(errors).toEqual([]);
});

const seconds = (n: number) => world.leap(n * 1_000);

interface Row {
  readonly [field: string]: string | number | null;
}

async function transcript(): Promise<Row> {
  await world.floor.tick();
  await world.floor.tick();
  const [row] = await world.db.query<Row>(
    `SELECT t.status, t.ended_by, t.wait_time AS wait, t.chat_duration AS duration, t.abandoned,
       t.operator_message_count AS agent_lines, t.visitor_message_count AS visitor_lines,
       t.average_response_time_operator AS agent_average, t.max_response_time_operator AS agent_most,
       t.average_response_time_visitor AS visitor_average, t.max_response_time_visitor AS visitor_most,
       extract(epoch FROM t.start_time - t.request_time)::int AS started_after,
       extract(epoch FROM t.end_time - t.request_time)::int AS ended_after,
       t.owner_id = $1 AS owned_by_agent, t.ip_address AS ip, t.user_agent AS agent, t.browser_language AS language,
       t.screen_resolution AS screen, t.referrer_uri AS referrer, t.live_chat_button_id = $2 AS of_button
     FROM so_live_chat_transcript t`,
    [userId, button],
  );
  if (!row) throw new Error('no transcript');
  return row;
}

/** The event the transcript ends with. */
async function lastEvent(): Promise<unknown> {
  const [event] = await world.db.query(
    'SELECT type, agent_id AS agent FROM so_live_chat_transcript_event ORDER BY id DESC LIMIT 1',
  );
  return event;
}

it('a chat that went well', async () => {
  await ana.status('Online');
  const vera = await visit(world, {
    buttonId: button,
    referrer: 'https://example.org/a',
    ipAddress: '192.0.2.9',
  });
  const { offer } = await ana.next('offered');
  const { chatId } = offer.chat;
  const say = (text: string) => world.floor.sendLine(ana.connectionId, { chatId, text });
  await vera.say('anybody?'); // answered from the moment somebody is there
  await seconds(8);
  await world.floor.accept(ana.connectionId, offer.offerId);
  await seconds(4);
  await say('hello'); // 4 s
  await seconds(10);
  await vera.say('a question'); // 10 s
  await seconds(2);
  await vera.say('and another');
  await seconds(18);
  await say('an answer'); // 20 s after the first of the two
  await seconds(1);
  await say('and more');
  await seconds(29);
  await vera.say('thanks'); // 30 s after the first of the two
  await seconds(5);
  await world.floor.endChat(ana.connectionId, chatId);
  expect(await transcript()).toEqual({
    status: 'Completed',
    ended_by: 'Agent',
    wait: 8,
    duration: 69,
    abandoned: null,
    agent_lines: 3,
    visitor_lines: 4,
    agent_average: 12,
    agent_most: 20,
    visitor_average: 20,
    visitor_most: 30,
    started_after: 8,
    ended_after: 77,
    owned_by_agent: true,
    ip: '192.0.2.9',
    agent: 'test',
    language: 'en',
    screen: '800x600',
    referrer: 'https://example.org/a',
    of_button: true,
  });
  const [bodies] = await world.db.query<{ body: string; supervisor: string | null }>(
    'SELECT body, supervisor_transcript_body AS supervisor FROM so_live_chat_transcript',
  );
  expect(bodies?.body).toMatch(/^\( 0s \) Vera: anybody\?<br>\( 4s \) ana: hello<br>/i);
  expect(bodies?.supervisor).toBeNull();
});

it('a visitor who gives up in the queue: missed, abandoned after so many seconds, owned by the server', async () => {
  const vera = await visit(world, { buttonId: button });
  await seconds(42);
  await vera.end();
  expect(await transcript()).toMatchObject({
    status: 'Missed',
    ended_by: 'Visitor',
    wait: 42,
    duration: null,
    abandoned: 42,
    agent_lines: 0,
    visitor_lines: 0,
    agent_average: null,
    agent_most: null,
    visitor_average: null,
    visitor_most: null,
    started_after: null,
    ended_after: 42,
    owned_by_agent: false,
  });
});

it('a visitor who gives up in front of an agent: missed, owned by that agent', async () => {
  await ana.status('Online');
  const vera = await visit(world, { buttonId: button });
  await ana.next('offered');
  await seconds(7);
  await vera.end();
  expect(await transcript()).toMatchObject({ status: 'Missed', abandoned: 7, owned_by_agent: true });
});

it('a visitor whose connection breaks in the queue: dropped', async () => {
  await visit(world, { buttonId: button });
  // This server must have been listening for as long as the silence lasts.
  for (let i = 0; i < 4; i++) {
    await seconds(100);
    await world.floor.tick();
  }
  expect(await transcript()).toMatchObject({ status: 'Dropped', ended_by: 'Visitor', duration: null });
});

it('a visitor who says nothing any more: ended by the idle clock', async () => {
  const idle = await world.button({
    SkillId: skill,
    OptionsHasChasitorIdleTimeout: true,
    ChasitorIdleTimeoutWarning: 60,
    ChasitorIdleTimeout: 120,
  });
  await ana.status('Online');
  await visit(world, { buttonId: idle });
  const { offer } = await ana.next('offered');
  await world.floor.accept(ana.connectionId, offer.offerId);
  await seconds(5);
  await world.floor.sendLine(ana.connectionId, { chatId: offer.chat.chatId, text: 'are you there?' });
  await seconds(100);
  await world.floor.tick();
  await seconds(20);
  expect(await transcript()).toMatchObject({
    status: 'Completed',
    ended_by: 'System',
    wait: 0,
    duration: 125,
    abandoned: null,
    agent_lines: 1,
    visitor_lines: 0,
    visitor_average: null,
    ended_after: 125,
    owned_by_agent: true,
  });
});

it('a visitor whose connection breaks in a running chat: completed, ended when the silence was too long', async () => {
  await ana.status('Online');
  await visit(world, { buttonId: button });
  const { offer } = await ana.next('offered');
  await world.floor.accept(ana.connectionId, offer.offerId);
  for (let i = 0; i < 4; i++) {
    await seconds(100);
    world.floor.contact(ana.connectionId);
    await world.floor.tick();
  }
  const row = await transcript();
  expect(row).toMatchObject({
    status: 'Completed',
    ended_by: 'Visitor',
    started_after: 0,
    abandoned: null,
    owned_by_agent: true,
  });
  expect(row.duration).toBe(row.ended_after);
  expect(await lastEvent()).toEqual({ type: 'ConnectionTimeout', agent: null });
});

it('an agent who goes, then the visitor: completed, ended and not cancelled', async () => {
  await ana.status('Online');
  const vera = await visit(world, { buttonId: button });
  const { offer } = await ana.next('offered');
  await seconds(3);
  await world.floor.accept(ana.connectionId, offer.offerId);
  await seconds(20);
  await ana.status('Offline');
  await seconds(9);
  await vera.end();
  expect(await transcript()).toMatchObject({
    status: 'Completed',
    ended_by: 'Visitor',
    wait: 3,
    duration: 29,
    abandoned: null,
    owned_by_agent: true,
  });
  expect(await lastEvent()).toEqual({ type: 'EndVisitor', agent: null });
});

it('names the skill the agent has of those the chat was routed by', async () => {
  const other = await world.skill('Other');
  await world.create('LiveChatButtonSkill', { ButtonId: button, SkillId: other });
  const both = [skill, other].sort();
  const ben = await connect(world.floor, await world.agent('ben', { skills: [both[1] as string] }));
  await ben.status('Online');
  const vera = await visit(world, { buttonId: button });
  const { offer } = await ben.next('offered');
  await world.floor.accept(ben.connectionId, offer.offerId);
  await vera.end();
  await world.floor.tick();
  expect(await world.db.query('SELECT skill_id AS id FROM so_live_chat_transcript')).toEqual([
    { id: both[1] },
  ]);
});

it('the browser the visitor’s client says it is, and its platform', async () => {
  const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0';
  await (await visit(world, { buttonId: button, userAgent })).end();
  await world.floor.tick();
  expect(await world.db.query('SELECT browser, platform, location FROM so_live_chat_transcript')).toEqual([
    { browser: 'Firefox 133', platform: 'Linux', location: null },
  ]);
});

it('what was answered before the chat, in the fields the form names, and in no others', async () => {
  const detail = (value: string, ...transcriptFields: string[]) => ({
    label: 'asked',
    value,
    transcriptFields,
    displayToAgent: true,
  });
  const prechatDetails = [
    detail('500FW0000000001', 'CaseId', 'NoSuchField__c'),
    detail('not an id', 'ContactId'),
    detail('Completed', 'Status', 'Body', 'ChatKey', 'OwnerId', 'Name'),
  ];
  await (await visit(world, { buttonId: button, prechatDetails: prechatDetails as never })).end();
  expect(await transcript()).toMatchObject({ status: 'Missed', owned_by_agent: false });
  expect(
    await world.db.query('SELECT case_id, contact_id, body, chat_key FROM so_live_chat_transcript'),
  ).toEqual([
    {
      case_id: '500FW0000000001YAA',
      contact_id: null,
      body: null,
      chat_key: expect.stringMatching(/^[0-9a-f-]{36}$/),
    },
  ]);
});

it('nobody there: missed, ended by the system', async () => {
  const none = await world.button({ SkillId: await world.skill('Nobody') });
  await visit(world, { buttonId: none });
  expect(await transcript()).toMatchObject({
    status: 'Missed',
    ended_by: 'System',
    wait: 0,
    abandoned: null,
  });
});
