/** A connection that dies without a word: no close, no reset, only silence, as behind a lost mobile network. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectLive } from '../../src/live-client/client.js';
import { type ChatServer, chatServer, NodeWebSocket } from '../support/chat-server.js';
import { relay } from '../support/relay.js';

let server: ChatServer;
beforeAll(async () => {
  server = await chatServer({ GRACE_SECONDS: '10' });
});
afterAll(() => server?.close());

it('is noticed by the heartbeat, and the same login goes on over a new connection', async () => {
  const between = await relay({ port: server.port, host: '127.0.0.1' });
  const ana = await connectLive({
    url: `http://127.0.0.1:${between.port}`,
    token: await server.token('ana'),
    WebSocket: NodeWebSocket,
  });
  const { snapshot } = await ana.request('setStatus', { status: 'Online' });
  const reasons: string[] = [];
  ana.on('disconnected', ({ reason }) => reasons.push(reason));
  const back = new Promise((resolve) => ana.on('connected', resolve));
  const began = performance.now();
  between.freeze();
  const asked = ana.request('setStatus', { status: 'Away' });
  await back;
  expect(reasons).toEqual(['The server fell silent']);
  expect(performance.now() - began).toBeLessThan(6_000);
  // What was asked into the silence is asked again.
  expect((await asked).snapshot).toMatchObject({ loginId: snapshot.loginId, status: 'Away' });
  await ana.request('logout', {});
  ana.close();
  between.close();
});

it('is waited for: a client keeps trying while there is no server, and is welcome when it is back', async () => {
  const ben = await server.agent('ben', { backoff_ms: { first: 50, most: 200 } });
  await server.stop();
  await new Promise((resolve) => setTimeout(resolve, 800));
  const back = new Promise((resolve) => ben.on('connected', resolve));
  await server.start();
  await back;
  expect((await ben.request('getSnapshot', {})).snapshot.status).toBe('Offline');
  ben.close();
});

it('ends a request that is not answered in time', async () => {
  const between = await relay({ port: server.port, host: '127.0.0.1' });
  const ana = await connectLive({
    url: `http://127.0.0.1:${between.port}`,
    token: await server.token('ana'),
    WebSocket: NodeWebSocket,
    reconnect: false,
    request_timeout_ms: 300,
  });
  between.freeze();
  await expect(ana.request('getSnapshot', {})).rejects.toMatchObject({ code: 'timeout' });
  ana.close();
  between.close();
});
