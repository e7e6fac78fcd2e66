/** Sessions, headers, statuses and bodies of the Chat REST API, over TCP (live-agent-chat.md §13.1, §13.2, §13.4, §13.6). */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChatServer, chatServer, rawCall } from '../../support/chat-server.js';

let server: ChatServer;
beforeAll(async () => {
  server = await chatServer();
  // Without a queue a button is available only while an agent is.
  await server.changeButton({ HasQueue: false });
});
afterAll(() => server?.close());

const VERSION = { 'x-liveagent-api-version': '42' };
const at = (method: string, path: string, more: Parameters<typeof rawCall>[3] = {}) =>
  rawCall(server.url, method, `/chat/rest/${path}`, more);

describe('a session', () => {
  it.each([
    'System/SessionId',
    'System/SessionId/',
    'System/SessionId?SessionId.ClientType=chasitor',
    'System/SessionId?SessionId.ClientType=lightning',
  ])('is opened by GET %s', async (path) => {
    const answer = await at('GET', path, { headers: { ...VERSION, 'x-liveagent-affinity': 'null' } });
    expect(answer.status).toBe(200);
    const body = answer.json<{ id: string; key: string; affinityToken: string; clientPollTimeout: number }>();
    expect(Object.keys(body).sort()).toEqual(['affinityToken', 'clientPollTimeout', 'id', 'key']);
    expect(body.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
    const [id, ms, mac, ...rest] = body.key.split('!');
    expect(rest).toEqual([]);
    expect(id).toBe(body.id);
    expect(ms).toMatch(/^\d{13}$/);
    expect(Buffer.from(mac ?? '', 'base64')).toHaveLength(20);
    expect(body.affinityToken).toMatch(/^[0-9a-f]{8}$/);
    expect(body.clientPollTimeout).toBe(40);
  });

  it('is ended by DELETE with the key in the path, unescaped or escaped', async () => {
    for (const write of [(key: string) => key, encodeURIComponent]) {
      const visitor = server.visitor();
      await visitor.open();
      expect((await visitor.call('DELETE', `System/SessionId/${write(visitor.key)}`)).text).toBe('OK');
      const after = await visitor.poll();
      expect([after.status, after.text]).toEqual([403, 'Session required but was invalid or not found']);
    }
  });

  it('is a matter of the whole key', async () => {
    const visitor = server.visitor();
    await visitor.open();
    const [id, ms] = visitor.key.split('!');
    for (const key of [
      '',
      'nonsense',
      `${id}`,
      `${id}!${ms}!${Buffer.alloc(20).toString('base64')}`,
      `${visitor.key}x`,
    ]) {
      for (const [method, path] of [
        ['GET', 'System/Messages?ack=-1'],
        ['POST', 'Chasitor/ChatMessage'],
      ] as const) {
        const answer = await visitor.call(method, path, {
          headers: { 'x-liveagent-session-key': key || undefined },
          ...(method === 'POST' ? { body: { text: 'x' } } : {}),
        });
        expect([key, answer.status, answer.text]).toEqual([
          key,
          403,
          'Session required but was invalid or not found',
        ]);
      }
    }
  });
});

describe('refusals', () => {
  it('names the missing version header', async () => {
    for (const [method, path] of [
      ['GET', 'System/SessionId'],
      ['POST', 'Chasitor/ChatMessage'],
      ['GET', 'Visitor/Availability'],
    ] as const) {
      const answer = await at(method, path);
      expect([answer.status, answer.text]).toEqual([400, 'No version header found']);
    }
  });

  it('answers 404 to what it does not know and 405 to the wrong method', async () => {
    expect((await at('GET', 'System/Nothing', { headers: VERSION })).status).toBe(404);
    expect((await at('POST', 'constructor', { headers: VERSION })).status).toBe(404);
    const wrong = await at('GET', 'Chasitor/ChatMessage', { headers: VERSION });
    expect([wrong.status, wrong.headers.allow]).toEqual([405, 'POST']);
    expect((await at('DELETE', 'System/Messages', { headers: VERSION })).status).toBe(405);
  });

  it('answers 400 to bad JSON and 413 to too much of it', async () => {
    const visitor = server.visitor();
    await visitor.open();
    const bad = await visitor.call('POST', 'Chasitor/ChatMessage', { rawBody: '{"text":' });
    expect([bad.status, bad.text]).toEqual([400, 'The JSON body could not be parsed']);
    const long = await visitor.call('POST', 'Chasitor/ChatMessage', { body: { text: 'x'.repeat(300_000) } });
    expect(long.status).toBe(413);
    const wordy = await visitor.call('POST', 'Chasitor/ChatMessage', { body: { text: 'x'.repeat(5_000) } });
    expect(wordy.status).toBe(400);
  });

  it('holds a session to its rate and lets the others be', async () => {
    const hasty = server.visitor();
    await hasty.open();
    // A busy machine answers slowly enough to earn new posts meanwhile: more rounds then, not a looser rule.
    let refused = false;
    for (let round = 0; round < 10 && !refused; round++) {
      const answers = await Promise.all(
        Array.from({ length: 150 }, () => hasty.post('Chasitor/ChasitorTyping')),
      );
      refused = answers.some((answer) => answer.status === 429);
    }
    expect(refused).toBe(true);
    const calm = server.visitor();
    expect((await calm.open()).status).toBe(200);
  });
});

describe('Visitor/*', () => {
  const ids = () => `org_id=${server.organizationId}&deployment_id=${server.deploymentId}`;

  it('wraps Availability and answers by the id that was asked for', async () => {
    const short = server.buttonId.slice(0, 15);
    const path = `Visitor/Availability?${ids()}&Availability.ids=${server.buttonId},${short},573000000000000`;
    const answer = await at('GET', path, { headers: VERSION });
    expect(answer.status).toBe(200);
    const body = answer.json<{
      messages: { type: string; message: { results: Record<string, unknown>[] } }[];
    }>();
    expect(body.messages[0]?.type).toBe('Availability');
    const results = body.messages[0]?.message.results ?? [];
    expect(results.map((result) => result.id)).toEqual([server.buttonId, short, '573000000000000']);
    expect(results.map((result) => result.isAvailable === true)).toEqual([false, false, false]);
    expect(results[0]).not.toHaveProperty('estimatedWaitTime');
  });

  it('says that the button is available once an agent is Online, and the wait when asked', async () => {
    const ana = await server.agent('ana');
    await ana.request('setStatus', { status: 'Online' });
    const path = `Visitor/Availability?${ids()}&Availability.ids=${server.buttonId}&Availability.needEstimatedWaitTime=1`;
    const body = (await at('GET', path, { headers: VERSION })).json<{
      messages: { message: { results: unknown[] } }[];
    }>();
    expect(body.messages[0]?.message.results[0]).toMatchObject({
      id: server.buttonId,
      isAvailable: true,
      estimatedWaitTime: expect.any(Number),
    });
    await ana.request('logout', {});
    ana.close();
  });

  it('gives Settings of the buttons it knows', async () => {
    const path = `Visitor/Settings?${ids()}&Settings.buttonIds=[${server.buttonId},573000000000000]&Settings.updateBreadcrumb=1`;
    const body = (await at('GET', path, { headers: VERSION })).json<{
      messages: {
        type: string;
        message: {
          pingRate: number;
          contentServerUrl: string;
          buttons: { id: string; type: string; isAvailable: boolean }[];
        };
      }[];
    }>();
    const settings = body.messages[0];
    expect(settings?.type).toBe('Settings');
    expect(settings?.message.contentServerUrl.startsWith('http://127.0.0.1:')).toBe(true);
    expect(settings?.message.buttons).toMatchObject([
      { id: server.buttonId, type: 'Standard', isAvailable: false },
    ]);
  });

  it('gives a visitor id, wrapped', async () => {
    const body = (await at('GET', `Visitor/VisitorId?${ids()}`, { headers: VERSION })).json<{
      messages: { message: { sessionId: string } }[];
    }>();
    expect(body.messages[0]?.message.sessionId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('refuses ids of another organization', async () => {
    const answer = await at(
      'GET',
      `Visitor/VisitorId?org_id=00D000000000000&deployment_id=${server.deploymentId}`,
      { headers: VERSION },
    );
    expect(answer.status).toBe(400);
  });

  it('accepts breadcrumbs and sensitive data reports without a session', async () => {
    const headers = VERSION;
    expect(
      (await at('POST', 'Visitor/Breadcrumb', { headers, body: { location: 'https://x/y' } })).text,
    ).toBe('OK');
    const rules = { rules: [{ id: '0GO000000000001', name: 'card' }] };
    for (const side of ['Chasitor', 'Agent']) {
      expect((await at('POST', `${side}/SensitiveDataRuleTriggered`, { headers, body: rules })).text).toBe(
        'OK',
      );
    }
  });

  it('dresses Settings, VisitorId and both at once as scripts, without a version header', async () => {
    const settings = await at(
      'GET',
      `Visitor/Settings.jsonp?${ids()}&Settings.prefix=Visitor&Settings.buttonIds=[${server.buttonId}]&callback=liveagent._.handlePing`,
    );
    expect(settings.headers['content-type']).toBe('application/javascript; charset=utf-8');
    expect(settings.headers['x-content-type-options']).toBe('nosniff');
    expect(JSON.parse(settings.text.slice(27, -2)).messages[0].type).toBe('Settings');
    const both = await at(
      'GET',
      `System/MultiNoun.jsonp?nouns=VisitorId,Settings&VisitorId.prefix=Visitor&Settings.prefix=Visitor&Settings.buttonIds=[${server.buttonId}]&callback=liveagent._.handlePing&${ids()}&version=42`,
    );
    const { messages } = JSON.parse(both.text.slice(27, -2));
    expect(messages.map((message: { type: string }) => message.type)).toEqual(['VisitorId', 'Settings']);
    expect(messages[0].message.sessionId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('writes no script of the caller’s own', async () => {
    const evil = await at('GET', `Visitor/VisitorId.jsonp?${ids()}&callback=alert(1)%2F%2F`);
    expect(evil.status).toBe(400);
    expect(evil.text).not.toContain('alert');
  });
});
