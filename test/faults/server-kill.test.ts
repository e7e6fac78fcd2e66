/**
 * kill -9 of the server in the middle of a chat. What was acknowledged is there afterwards; a login whose agent does
 * not come back is closed at its last contact; one whose agent does goes on (DECISIONS 2, 3).
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { connectLive, type LiveClient } from '../../src/live-client/client.js';
import type { SocketConstructor } from '../../src/live-client/socket.js';
import { eventually, removeTempDirs, tempDir } from './embedded-support.js';
import { type RawVisitor, rawVisitor } from './raw-visitor.js';
import { buildOnce, idsIn, type ServerProcess, serverProcess } from './server-process.js';

const QUICK = { HEARTBEAT_SECONDS: '0.2', CONTACT_FLUSH_SECONDS: '0.2', POLL_HOLD_SECONDS: '1' };

interface SessionRow {
  readonly Id: string;
  readonly LoginTime: string;
  readonly LogoutTime: string;
  readonly ChatReqAssigned: number;
  readonly ChatReqEngaged: number;
  readonly ChatReqDeclined: number;
  readonly TimeInOnlineStatus: number;
  readonly TimeInAwayStatus: number;
  readonly TimeInChats: number;
}

const SESSIONS = `SELECT Id, LoginTime, LogoutTime, ChatReqAssigned, ChatReqEngaged, ChatReqDeclined,
  TimeInOnlineStatus, TimeInAwayStatus, TimeInChats FROM LiveAgentSession ORDER BY LoginTime`;

let server: ServerProcess;
const agents: LiveClient[] = [];
const visitors: RawVisitor[] = [];

beforeAll(buildOnce);
afterEach(async () => {
  for (const agent of agents.splice(0)) agent.close();
  for (const visitor of visitors.splice(0)) visitor.stop();
  await server.terminate();
});
afterAll(removeTempDirs);

async function online(): Promise<LiveClient> {
  const agent = await connectLive({
    url: server.url,
    token: await server.token('ana'),
    WebSocket: WebSocket as unknown as SocketConstructor,
    backoff_ms: { first: 50, most: 200 },
  });
  agents.push(agent);
  await agent.request('setStatus', { status: 'Online' });
  return agent;
}

/** An agent and a visitor in the middle of a chat, with lines both ways. */
async function chatting() {
  const agent = await online();
  const onlineAt = performance.now();
  const visitor = await rawVisitor(server.url, idsIn(server.printed()), 'Vera');
  visitors.push(visitor);
  const offer = await agent.until((s) => s.offers[0]);
  const { chat } = await agent.request('acceptOffer', { offerId: offer.offerId });
  const { chatId } = chat.chat;
  await visitor.heard('ChatEstablished');
  const said: string[] = [];
  for (let i = 0; i < 20; i++) {
    await visitor.say(`visitor ${i}`);
    await agent.request('sendMessage', { chatId, text: `agent ${i}` });
    said.push(`agent ${i}`);
  }
  return { agent, visitor, chatId, said, onlineAt };
}

async function transcriptBody(): Promise<string> {
  return eventually(async () => {
    const rows = await server.query<{ Body: string | null }>('SELECT Body FROM LiveChatTranscript');
    expect(rows).toHaveLength(1);
    expect(rows[0]?.Body).toBeTruthy();
    return rows[0]?.Body ?? '';
  });
}

function span(row: SessionRow): number {
  return (Date.parse(row.LogoutTime) - Date.parse(row.LoginTime)) / 1000;
}

test('an agent who does not come back: the login is closed at its last contact, no acknowledged line is missing', async () => {
  server = await serverProcess(tempDir(), { ...QUICK, GRACE_SECONDS: '2' });
  const { agent, visitor, said, onlineAt } = await chatting();
  // Lines are under way when the blow falls: only those that were answered count.
  let writing = true;
  const busy = (async () => {
    for (let i = 0; writing; i++) await visitor.say(`last ${i}`);
  })();
  await sleep(300);
  await server.kill();
  const workedMs = performance.now() - onlineAt;
  agent.close();
  const awayMs = 4_000;
  await sleep(awayMs);
  await server.start();
  writing = false;
  await busy;

  const row = await eventually(async () => {
    const rows = await server.query<SessionRow>(SESSIONS);
    expect(rows).toHaveLength(1);
    return rows[0] as SessionRow;
  });
  expect(row).toMatchObject({ ChatReqAssigned: 1, ChatReqEngaged: 1, ChatReqDeclined: 0 });
  // Closed at the last contact that was written down (5 ms to 1 s old; whole seconds), not at the restart.
  expect(span(row) * 1000).toBeLessThan(workedMs + 1_000);
  expect(span(row) * 1000).toBeGreaterThan(workedMs - 2_500);
  expect(Math.abs(row.TimeInOnlineStatus + row.TimeInAwayStatus - span(row))).toBeLessThanOrEqual(1);
  expect(row.TimeInChats).toBeLessThanOrEqual(span(row) + 1);

  await visitor.end();
  const body = await transcriptBody();
  expect(visitor.acknowledged.length).toBeGreaterThan(20);
  for (const text of [...visitor.acknowledged, ...said]) expect(body).toContain(text);
  for (const text of visitor.acknowledged) expect(body.split(`${text}<`).length - 1).toBeLessThanOrEqual(1);
});

test('an agent who comes back within the grace goes on in the same login, and so does the chat', async () => {
  server = await serverProcess(tempDir(), { ...QUICK, GRACE_SECONDS: '20' });
  const { agent, visitor, chatId, said } = await chatting();
  const before = agent.snapshot();
  await server.kill();
  await server.start();

  await eventually(() => agent.request('getSnapshot', {}));
  expect(agent.snapshot()).toMatchObject({ loginId: before.loginId, status: 'Online' });
  expect(agent.snapshot().chats.map(({ chat }) => chat.chatId)).toEqual([chatId]);
  expect(await visitor.say('still there?')).toBe(true);
  await agent.until((s) => s.chats[0]?.lines.some(({ text }) => text === 'still there?'));
  await agent.request('sendMessage', { chatId, text: 'as ever' });
  await agent.request('endChat', { chatId });
  await visitor.heard('ChatEnded');
  await agent.request('logout', {});

  const rows = await server.query<SessionRow>(SESSIONS);
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({ ChatReqAssigned: 1, ChatReqEngaged: 1 });
  const body = await transcriptBody();
  for (const text of [...visitor.acknowledged, ...said, 'as ever']) expect(body).toContain(text);
  // What the agent said reached the visitor once each, in order, whatever happened between.
  const heard = visitor.received
    .filter(({ type }) => type === 'ChatMessage')
    .map(({ message }) => message.text);
  expect(heard).toEqual([...said, 'as ever']);
});

test('kill -9 of PostgreSQL under a running chat: the server brings it back, the chat goes on, no login ends', async () => {
  const dataDir = tempDir();
  server = await serverProcess(dataDir, { ...QUICK, GRACE_SECONDS: '20' });
  const { agent, visitor, chatId, said } = await chatting();
  const { loginId } = agent.snapshot();
  process.kill(
    Number(readFileSync(`${dataDir}/pg18/cluster/postmaster.pid`, 'utf8').split('\n')[0]),
    'SIGKILL',
  );

  expect(await visitor.say('hello?')).toBe(true);
  await eventually(() => agent.request('sendMessage', { chatId, text: 'here', clientId: 'one' }));
  expect(agent.snapshot().loginId).toBe(loginId);
  // Each may still meet a connection that died with the old server, and is then told to ask again; both may be repeated.
  await eventually(() => agent.request('endChat', { chatId }));
  await eventually(() => agent.request('logout', {}));
  const body = await transcriptBody();
  for (const text of [...visitor.acknowledged, ...said, 'here']) expect(body).toContain(text);
  expect(await server.query<SessionRow>(SESSIONS)).toHaveLength(1);
});

test('SIGTERM: contacts are written, the login is resumable after the restart, exit code 0', async () => {
  server = await serverProcess(tempDir(), { ...QUICK, GRACE_SECONDS: '20' });
  const { agent, visitor, chatId } = await chatting();
  const { loginId } = agent.snapshot();
  expect(await server.terminate()).toBe(0);
  await server.start();
  await eventually(() => agent.request('getSnapshot', {}));
  expect(agent.snapshot()).toMatchObject({ loginId, status: 'Online' });
  expect(await visitor.say('back again')).toBe(true);
  await agent.request('endChat', { chatId });
  await agent.request('logout', {});
  expect(await server.query<SessionRow>(SESSIONS)).toHaveLength(1);
});
