/**
 * The disk of the embedded PostgreSQL is really full, to the last byte, while agents and visitors go on. First its tables
 * cannot grow (53100); then its log cannot be written either, and it ends itself until there is room. In both nothing that
 * was acknowledged is lost, nobody is logged out, and with room again the server goes on by itself.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { DEFAULT_DEMO_PASSWORD } from '../../src/config.js';
import { connectLive, type LiveClient } from '../../src/live-client/client.js';
import type { SocketConstructor } from '../../src/live-client/socket.js';
import { applicationUrl } from '../../src/store/embedded/start.js';
import { type Relay, relay } from '../support/relay.js';
import { eventually, removeTempDirs } from './embedded-support.js';
import { type RawVisitor, rawVisitor } from './raw-visitor.js';
import { buildOnce, idsIn, type ServerProcess, serverProcess } from './server-process.js';
import { type SmallDisk, smallDisk, whyNoDisk } from './small-disk.js';

const reason = whyNoDisk();
if (reason !== '') console.info(`A full disk is not tested: ${reason}`);
const withDisk = test.skipIf(reason !== '');

const DISK_MB = 192;
const GRACE_S = 2;
const SETTINGS = {
  HEARTBEAT_SECONDS: '0.2',
  CONTACT_FLUSH_SECONDS: '0.2',
  POLL_HOLD_SECONDS: '1',
  GRACE_SECONDS: String(GRACE_S),
  RATE_LIMIT_FACTOR: '100',
};
const UNAVAILABLE = 'SERVER_UNAVAILABLE';
/** What an answer must never show. */
const TELLTALE = /\n\s+at |node_modules|\.[jt]s:\d|No space|could not (?:extend|write)|ENOSPC/;

let disk: SmallDisk;
let server: ServerProcess;
let network: Relay;
let vera: RawVisitor;
const agents: LiveClient[] = [];

beforeAll(() => {
  if (reason === '') buildOnce();
});
afterEach(async () => {
  disk?.makeRoom();
  for (const agent of agents.splice(0)) agent.close();
  vera?.stop();
  network?.close();
  await server?.terminate();
  disk?.unmount();
});
afterAll(removeTempDirs);

async function agent(name: string, url = server.url): Promise<LiveClient> {
  const client = await connectLive({
    url,
    token: await server.token(name),
    WebSocket: WebSocket as unknown as SocketConstructor,
    backoff_ms: { first: 50, most: 200 },
    request_timeout_ms: 5_000,
  });
  agents.push(client);
  return client;
}

/** Ana is in a chat with Vera; Ben, whose network can be cut, is Away. */
async function floor() {
  disk = smallDisk(DISK_MB);
  server = await serverProcess(disk.dir, SETTINGS);
  network = await relay({ host: '127.0.0.1', port: Number(new URL(server.url).port) });
  const ana = await agent('ana');
  await ana.request('setStatus', { status: 'Online' });
  vera = await rawVisitor(server.url, idsIn(server.printed()), 'Vera');
  const { offerId } = await ana.until((state) => state.offers[0]);
  const { chat } = await ana.request('acceptOffer', { offerId });
  await vera.heard('ChatEstablished');
  const ben = await agent('ben', `http://127.0.0.1:${network.port}`);
  await ben.request('setStatus', { status: 'Away' });
  const logins = [ana, ben].map((one) => one.snapshot().loginId);
  return { ana, ben, logins, chatId: chat.chat.chatId };
}

/** Straight to PostgreSQL; lives as long as that does. */
async function ownConnection(): Promise<pg.Client> {
  const root = path.join(disk.dir, 'pg18');
  const password = readFileSync(path.join(root, 'password'), 'utf8').trim();
  const client = new pg.Client(applicationUrl({ socketDir: path.join(root, 'run'), password }));
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

const postmasterPid = () =>
  Number(readFileSync(path.join(disk.dir, 'pg18/cluster/postmaster.pid'), 'utf8').split('\n')[0]);

/** Says lines of two kilobytes; the numbers of those that were acknowledged, and of those that were refused. */
async function sayMany(ana: LiveClient, chatId: string, from: number, isEnough: () => boolean) {
  const said: string[] = [];
  const refused: string[] = [];
  for (let i = from; !isEnough() || refused.length === 0; i++) {
    if (i - from > 2_000) throw new Error('the disk never got full');
    const text = `${i} ${'x'.repeat(2_000)}`;
    try {
      await ana.request('sendMessage', { chatId, text, clientId: String(i) });
      said.push(text);
    } catch (error) {
      expect(error).toMatchObject({ code: UNAVAILABLE });
      refused.push(text);
      await sleep(20);
    }
  }
  return { said, refused };
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function call(method: string, url: string, init: RequestInit = {}): Promise<Answer> {
  const answer = await fetch(`${server.url}${url}`, { method, ...init });
  const text = await answer.text();
  expect(text).not.toMatch(TELLTALE);
  if (answer.status === 503 && url.startsWith('/services/data')) {
    expect(JSON.parse(text)).toEqual([expect.objectContaining({ errorCode: UNAVAILABLE })]);
    expect(answer.headers.get('retry-after')).not.toBeNull();
  }
  return { status: answer.status, text };
}

/** One call of each protocol; everything is answered, as it should be or 503. */
async function askAround(token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answers = {
    query: await call('GET', '/services/data/v60.0/query?q=SELECT+Id+FROM+LiveChatButton', { headers }),
    token: await call('POST', '/services/oauth2/token', {
      body: new URLSearchParams({
        grant_type: 'password',
        client_id: 'PlatformCLI',
        username: 'admin@floorwalker.demo',
        password: DEFAULT_DEMO_PASSWORD,
      }),
    }),
    soap: await call('POST', '/services/Soap/u/60.0', {
      headers: { 'content-type': 'text/xml', SOAPAction: '""' },
      body: `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:u="urn:partner.soap.sforce.com"><s:Header><u:SessionHeader><u:sessionId>${token}</u:sessionId></u:SessionHeader></s:Header><s:Body><u:query><u:queryString>SELECT Id FROM User</u:queryString></u:query></s:Body></s:Envelope>`,
    }),
    visitor: await call('GET', '/chat/rest/System/SessionId', {
      headers: { 'x-liveagent-api-version': '42', 'x-liveagent-affinity': 'null' },
    }),
    healthz: await call('GET', '/healthz'),
    readyz: await call('GET', '/readyz'),
  };
  for (const [name, { status, text }] of Object.entries(answers)) {
    expect([200, 503], `${name}: ${text}`).toContain(status);
  }
  expect(answers.healthz.status).toBe(200);
}

/** Everybody ends in good order; then there is one exact record a login. */
async function endAndAudit(ana: LiveClient, ben: LiveClient, chatId: string): Promise<void> {
  await ana.request('endChat', { chatId });
  await ana.request('logout', {});
  await ben.request('logout', {});
  const rows = await server.query<Record<string, number> & { LoginTime: string; LogoutTime: string }>(
    `SELECT LoginTime, LogoutTime, ChatReqAssigned, ChatReqEngaged, ChatReqDeclined, ChatReqTimedOut, NumFlagRaised,
       TimeInOnlineStatus, TimeInAwayStatus, TimeInChats FROM LiveAgentSession ORDER BY LoginTime, Id`,
  );
  const counters = { ChatReqDeclined: 0, ChatReqTimedOut: 0, NumFlagRaised: 0 };
  expect(rows).toMatchObject([
    { ...counters, ChatReqAssigned: 1, ChatReqEngaged: 1, TimeInAwayStatus: 0 },
    { ...counters, ChatReqAssigned: 0, ChatReqEngaged: 0, TimeInOnlineStatus: 0, TimeInChats: 0 },
  ]);
  for (const row of rows) {
    const span = (Date.parse(row.LogoutTime) - Date.parse(row.LoginTime)) / 1000;
    const { TimeInOnlineStatus = -1, TimeInAwayStatus = -1 } = row;
    expect(Math.abs(TimeInOnlineStatus + TimeInAwayStatus - span)).toBeLessThanOrEqual(1);
    expect(span).toBeGreaterThan(GRACE_S);
  }
}

async function linesOf(chatId: string): Promise<{ agent: string[]; visitor: string[] }> {
  const client = await ownConnection();
  const { rows } = await client.query<{ kind: string; text: string }>(
    `SELECT kind, text FROM chat_message WHERE chat_id = $1 AND kind IN ('agent', 'visitor') ORDER BY sequence`,
    [chatId],
  );
  await client.end();
  const of = (kind: string) => rows.filter((row) => row.kind === kind).map(({ text }) => text);
  return { agent: of('agent'), visitor: of('visitor') };
}

withDisk(
  'tables that cannot grow: writes are refused, everybody stays, and all goes on with room again',
  async () => {
    const { ana, ben, logins, chatId } = await floor();
    const token = await server.token('admin');
    const witness = await ownConnection();
    let isWitnessAlive = true;
    witness.on('end', () => {
      isWitnessAlive = false;
    });
    const pid = postmasterPid();

    disk.fill();
    const first = await sayMany(ana, chatId, 0, () => true);
    const theirs = vera.say(`visitor ${'y'.repeat(2_000)}`);
    let isOver = false;
    const talking = sayMany(ana, chatId, first.said.length + 1, () => isOver);
    await askAround(token);
    // A record that does not fit, sooner or later.
    const made: number[] = [];
    const body = JSON.stringify({ Name: 'Much', Message: 'z'.repeat(1_000) });
    for (let i = 0; i < 200 && made.at(-1) !== 503; i++) {
      const answer = await call('POST', '/services/data/v60.0/sobjects/QuickText', {
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: body.replace('Much', `Much ${i}`),
      });
      expect([201, 503], answer.text).toContain(answer.status);
      made.push(answer.status);
    }
    expect(made.at(-1)).toBe(503);
    // Ben's connection breaks, and his way back needs rows of its own; longer than the grace.
    network.cut();
    await sleep(100);
    network.restore();
    await sleep((GRACE_S + 1.5) * 1_000);
    await askAround(token);

    disk.makeRoom();
    isOver = true;
    const second = await talking;
    expect(await theirs).toBe(true);
    const refused = [...first.refused, ...second.refused];
    for (const text of refused) {
      const [clientId = ''] = text.split(' ', 1);
      await eventually(() => ana.request('sendMessage', { chatId, text, clientId }));
    }
    await eventually(() => ben.request('getSnapshot', {}));
    expect([ana, ben].map((one) => one.snapshot().loginId)).toEqual(logins);
    expect([ana, ben].map((one) => one.snapshot().status)).toEqual(['Online', 'Away']);

    const lines = await linesOf(chatId);
    expect(lines.agent).toEqual([...first.said, ...second.said, ...refused]);
    expect(lines.visitor).toEqual(vera.acknowledged);
    await expect
      .poll(
        () => vera.received.filter(({ type }) => type === 'ChatMessage').map(({ message }) => message.text),
        {
          timeout: 5_000,
        },
      )
      .toEqual(lines.agent);
    await endAndAudit(ana, ben, chatId);
    // It never was more than a full disk.
    expect(isWitnessAlive).toBe(true);
    expect(postmasterPid()).toBe(pid);
    await witness.end();
  },
  90_000,
);

withDisk(
  'a log that cannot be written ends PostgreSQL: the server says so, waits for room, and goes on',
  async () => {
    const { ana, ben, logins, chatId } = await floor();
    const token = await server.token('admin');
    const said: string[] = [];
    for (let i = 0; i < 10; i++) {
      said.push(`before ${i}`);
      await ana.request('sendMessage', { chatId, text: `before ${i}` });
      await vera.say(`visitor before ${i}`);
    }
    const pid = server.pid();
    const writer = await ownConnection();
    const ended = new Promise<void>((resolve) => {
      writer.once('end', resolve);
    });

    disk.fill();
    await expect(
      (async () => {
        for (let i = 0; i < 200; i++) {
          await writer.query("SELECT pg_logical_emit_message(false, 'fill', repeat('x', 1000000))");
        }
      })(),
    ).rejects.toThrow();
    await ended;

    const theirs = vera.say('visitor in between');
    // Longer than a PostgreSQL that is lost for another reason is given, and than the grace.
    for (const until = performance.now() + 25_000; performance.now() < until; await sleep(1_000)) {
      await askAround(token);
      await expect(
        ana.request('sendMessage', { chatId, text: 'lost?', clientId: 'between' }),
      ).rejects.toMatchObject({
        code: UNAVAILABLE,
      });
    }
    expect((await call('GET', '/readyz')).status).toBe(503);
    expect(vera.acknowledged).not.toContain('visitor in between');

    disk.makeRoom();
    await eventually(() => ana.request('sendMessage', { chatId, text: 'after', clientId: 'after' }));
    expect(await theirs).toBe(true);
    await eventually(async () => expect((await call('GET', '/readyz')).status).toBe(200));
    expect(server.pid()).toBe(pid);
    expect([ana, ben].map((one) => one.snapshot().loginId)).toEqual(logins);
    expect(await linesOf(chatId)).toEqual({ agent: [...said, 'after'], visitor: vera.acknowledged });
    // Nothing of its ends takes the room that was made.
    expect(readdirSync(path.join(disk.dir, 'pg18/cluster')).filter((name) => /^core/.test(name))).toEqual([]);
    await eventually(() => ana.request('getSnapshot', {}));
    await eventually(() => ben.request('getSnapshot', {}));
    await endAndAudit(ana, ben, chatId);
  },
  120_000,
);
