/**
 * Hints over a real nats-server: they arrive, they are dropped while it is away, and everybody looks once it is back. Two
 * whole servers wake each other through it, and go on without it. Skipped where there is no nats-server.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { natsHints } from '../../src/server/nats-hints.js';
import { chatServer } from '../support/chat-server.js';

function isInstalled(): boolean {
  try {
    execFileSync('nats-server', ['--version']);
    return true;
  } catch {
    console.info('NATS is not tested: there is no nats-server here (apt-get install nats-server)');
    return false;
  }
}
const withNats = test.skipIf(!isInstalled());

let nats: ChildProcess | undefined;
afterEach(() => nats?.kill('SIGKILL'));

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function startNats(port: number): Promise<void> {
  const started = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  nats = started;
  let said = '';
  for await (const chunk of started.stderr) {
    said += chunk;
    if (said.includes('Server is ready')) break;
  }
}

async function stopNats(): Promise<void> {
  const ended = once(nats as ChildProcess, 'exit');
  nats?.kill('SIGKILL');
  await ended;
}

async function until(isSo: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 10_000; !isSo(); ) {
    if (performance.now() > deadline) throw new Error('it did not come');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const quiet = { info: () => undefined, warn: () => undefined };

withNats(
  'hints reach the others of the same floor, and none of another; after an absence all look',
  async () => {
    const port = await freePort();
    const url = `nats://127.0.0.1:${port}`;
    // Started before its NATS: it connects when there is one.
    const [one, other, stranger] = ['floor', 'floor', 'elsewhere'].map((floor) =>
      natsHints(url, floor, quiet),
    );
    if (!one || !other || !stranger) throw new Error('unreachable');
    const heard: string[] = [];
    const strange: string[] = [];
    await other.listen((payload) => heard.push(payload));
    await stranger.listen((payload) => strange.push(payload));
    try {
      await one.send(['lost']);
      await startNats(port);
      await until(() => heard.includes('') && strange.includes(''));
      // The sender may be the last to have connected.
      await until(() => {
        void one.send(['first']);
        return heard.includes('first');
      });
      await stopNats();
      await new Promise((resolve) => setTimeout(resolve, 200));
      await one.send(['while away']);
      heard.length = 0;
      await startNats(port);
      await until(() => heard.includes(''));
      await until(() => {
        void one.send(['again']);
        return heard.includes('again');
      });
      expect(heard).not.toContain('lost');
      expect(heard).not.toContain('while away');
      expect(strange.filter((payload) => payload !== '')).toEqual([]);
    } finally {
      await Promise.all([one, other, stranger].map((hints) => hints.close()));
    }
  },
);

withNats('two servers carry one chat over NATS, and without it when it is away', async () => {
  const port = await freePort();
  await startNats(port);
  const server = await chatServer({ NATS_URL: `nats://127.0.0.1:${port}` });
  const second = await server.second();
  try {
    const agent = await second.agent('ana');
    await agent.request('setStatus', { status: 'Online' });
    const visitor = server.visitor();
    await visitor.request();
    const offer = await agent.until((state) => state.offers[0]);
    const { chat } = await agent.request('acceptOffer', { offerId: offer.offerId });
    await visitor.until('ChatEstablished');
    await agent.request('sendMessage', { chatId: chat.chat.chatId, text: 'over NATS' });
    expect((await visitor.until('ChatMessage')).message).toMatchObject({ text: 'over NATS' });
    await stopNats();
    const from = visitor.delivered.length;
    await agent.request('sendMessage', { chatId: chat.chat.chatId, text: 'without' });
    expect((await visitor.until('ChatMessage', from)).message).toMatchObject({ text: 'without' });
    await visitor.say('heard you');
    await agent.until((state) => state.chats[0]?.lines.some(({ text }) => text === 'heard you'));
  } finally {
    await second.close();
    await server.close();
  }
});
