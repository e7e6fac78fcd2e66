/**
 * WORKERS=2: two processes behind one port. A chat whose requests land on either; kill -9 of one in the middle; SIGTERM.
 * Nothing is pinned to a process, so nothing acknowledged is lost with one.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { connectLive, type LiveClient } from '../../src/live-client/client.js';
import type { SocketConstructor } from '../../src/live-client/socket.js';
import { eventually, removeTempDirs, tempDir } from './embedded-support.js';
import { type RawVisitor, rawVisitor } from './raw-visitor.js';
import { buildOnce, idsIn, type ServerProcess, serverProcess } from './server-process.js';

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

/** Processes below this one that run the command line. */
function workersOf(pid: number): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const parent = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.split(' ')[1];
      const isNode = readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('cli.js');
      return Number(parent) === pid && isNode ? [Number(name)] : [];
    } catch {
      return []; // ended while it was looked at
    }
  });
}

async function agentNamed(name: string): Promise<LiveClient> {
  const agent = await connectLive({
    url: server.url,
    token: await server.token(name),
    WebSocket: WebSocket as unknown as SocketConstructor,
    backoff_ms: { first: 50, most: 200 },
  });
  agents.push(agent);
  return agent;
}

test.skipIf(process.platform !== 'linux')(
  'a chat goes on across workers, also when one is killed; another takes its place; SIGTERM ends all',
  async () => {
    server = await serverProcess(tempDir(), {
      WORKERS: '2',
      HEARTBEAT_SECONDS: '0.2',
      CONTACT_FLUSH_SECONDS: '0.2',
      POLL_HOLD_SECONDS: '1',
      GRACE_SECONDS: '20',
    });
    expect(server.printed()).toContain('(2 workers)');
    const first = workersOf(server.pid());
    expect(first).toHaveLength(2);

    const agent = await agentNamed('ana');
    // A second tab, on the other worker as connections go round.
    const tab = await agentNamed('ana');
    await agent.request('setStatus', { status: 'Online' });
    const visitor = await rawVisitor(server.url, idsIn(server.printed()), 'Vera');
    visitors.push(visitor);
    const offer = await agent.until((s) => s.offers[0]);
    const { chat } = await agent.request('acceptOffer', { offerId: offer.offerId });
    const { chatId } = chat.chat;
    await visitor.heard('ChatEstablished');
    const said: string[] = [];
    const exchange = async (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        expect(await visitor.say(`visitor ${i}`)).toBe(true);
        const text = `agent ${i}`;
        await eventually(() => agent.request('sendMessage', { chatId, text, clientId: text }));
        said.push(text);
      }
    };
    await exchange(0, 15);
    await tab.until((s) => s.chats[0]?.lines.some(({ text }) => text === 'agent 14'));

    const going = exchange(15, 60);
    await sleep(50);
    process.kill(first[0] as number, 'SIGKILL');
    await going;
    await eventually(async () => {
      const now = workersOf(server.pid());
      expect(now).toHaveLength(2);
      expect(now).not.toEqual(first);
    });
    await exchange(60, 70);

    await eventually(async () =>
      expect(visitor.received.filter(({ type }) => type === 'ChatMessage')).toHaveLength(said.length),
    );
    const heard = visitor.received
      .filter(({ type }) => type === 'ChatMessage')
      .map(({ message }) => message.text);
    expect(heard).toEqual(said);
    for (const client of [agent, tab]) {
      await client.until((s) => s.chats[0]?.lines.at(-1)?.text === 'agent 69');
      const lines = client.snapshot().chats[0]?.lines.filter(({ kind }) => kind === 'visitor') ?? [];
      expect(lines.map(({ text }) => text)).toEqual(visitor.acknowledged);
    }

    await agent.request('endChat', { chatId });
    await visitor.heard('ChatEnded');
    await agent.request('logout', {});
    const rows = await eventually(async () => {
      const found = await server.query<{ ChatReqEngaged: number }>(
        'SELECT ChatReqEngaged FROM LiveAgentSession',
      );
      expect(found).toHaveLength(1);
      return found;
    });
    expect(rows[0]?.ChatReqEngaged).toBe(1);
    const last = workersOf(server.pid());
    expect(await server.terminate()).toBe(0);
    expect(last.filter((pid) => workersOf(server.pid()).includes(pid))).toEqual([]);
  },
);
