/** Flags and the supervisor's hand over /live (live-agent-chat.md §9, §10): raise, see, whisper, lower, set a status. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LiveClient } from '../../../src/live-client/client.js';
import { type ChatServer, chatServer, type RawVisitor } from '../../support/chat-server.js';

let server: ChatServer;
let ana: LiveClient;
let sue: LiveClient;
let visitor: RawVisitor;
let chatId: string;
let anaId: string;
beforeAll(async () => {
  server = await chatServer();
  [ana, sue] = await Promise.all([server.agent('ana'), server.agent('supervisor')]);
  anaId = ana.snapshot().userId;
});
beforeEach(async () => {
  await ana.request('setStatus', { status: 'Online' });
  visitor = server.visitor();
  await visitor.request();
  const { offerId } = await ana.until((s) => s.offers.find((one) => one.chat.chatKey === visitor.id));
  chatId = (await ana.request('acceptOffer', { offerId })).chat.chat.chatId;
});
afterAll(() => server?.close());

const flag = () => ana.snapshot().chats.find((one) => one.chat.chatId === chatId)?.flag;

/** Ends the login and gives the row it left. */
async function rowOfLogin(): Promise<Record<string, number>> {
  const { sessionId } = await ana.request('logout', {});
  const [row] = await server.db.query<Record<string, number>>(
    'SELECT num_flag_raised AS raised, num_flag_lowered_agent AS agent, num_flag_lowered_supervisor AS supervisor FROM so_live_agent_session WHERE id = $1',
    [sessionId],
  );
  if (row === undefined) throw new Error('no row');
  return row;
}

describe('the assistance flag', () => {
  it('is up once however often it is raised, and down once, and the row says so', async () => {
    const heard: string[] = [];
    const off = ana.on('event', ({ type }) => heard.push(type));
    await ana.request('raiseFlag', { chatId, message: 'help' });
    await ana.request('raiseFlag', { chatId, message: 'help!' });
    await expect.poll(flag).toMatchObject({ message: 'help' });
    await ana.request('lowerFlag', { chatId });
    await ana.request('lowerFlag', { chatId });
    await expect.poll(flag).toBeNull();
    off();
    expect(heard.filter((type) => type.startsWith('flag'))).toEqual(['flagRaised', 'flagLowered']);
    await ana.request('endChat', { chatId });
    expect(await rowOfLogin()).toEqual({ raised: 1, agent: 1, supervisor: 0 });
  });

  it('is lowered by the supervisor, and counts on the login of who raised it', async () => {
    await ana.request('raiseFlag', { chatId, message: 'what now?' });
    const lowered = new Promise((resolve) => ana.on('flagLowered', resolve));
    await sue.request('lowerFlagOf', { chatId, userId: anaId });
    await sue.request('lowerFlagOf', { chatId, userId: anaId });
    expect(await lowered).toMatchObject({ chatId, by: 'supervisor' });
    await ana.request('endChat', { chatId });
    expect(await rowOfLogin()).toEqual({ raised: 1, agent: 0, supervisor: 1 });
  });

  it('still up when the chat ends counts as lowered by nobody', async () => {
    await ana.request('raiseFlag', { chatId, message: 'too late' });
    await ana.request('endChat', { chatId });
    expect(await rowOfLogin()).toEqual({ raised: 1, agent: 0, supervisor: 0 });
  });
});

describe('a supervisor', () => {
  it('whispers to the agent, and the visitor never hears it', async () => {
    await sue.request('whisper', { chatId, text: 'offer a refund' });
    const line = await ana.until((s) =>
      s.chats.find((one) => one.chat.chatId === chatId)?.lines.find((said) => said.kind === 'whisper'),
    );
    expect(line).toMatchObject({
      text: 'offer a refund',
      userId: sue.snapshot().userId,
      name: expect.any(String),
    });
    await ana.request('sendMessage', { chatId, text: 'You get your money back.' });
    await visitor.until('ChatMessage');
    expect(JSON.stringify(visitor.delivered)).not.toContain('refund');
    const back = await visitor.call('GET', 'System/ReconnectSession?ReconnectSession.offset=0');
    expect(back.status).toBe(200);
    const data = await visitor.poll({ ack: -1 });
    expect(data.text).toContain('money back');
    expect(data.text).not.toContain('refund');
    await ana.request('endChat', { chatId });
    await ana.request('logout', {});
  });

  it('sees the open logins with their figures so far', async () => {
    const { logins } = await sue.request('getOpenLogins', {});
    expect(logins.find((one) => one.userId === anaId)).toMatchObject({
      loginId: ana.snapshot().loginId,
      status: 'Online',
      connected: true,
      capacity: 2,
      engaged: 1,
      offered: 0,
      figures: { chatReqAssigned: 1, chatReqEngaged: 1, chatReqDeclined: 0 },
    });
    await ana.request('endChat', { chatId });
    await ana.request('logout', {});
  });

  it('sets an agent Away and Offline, and the agent is told who did it', async () => {
    const away = new Promise((resolve) => {
      const off = ana.on('statusChanged', (event) => {
        off();
        resolve(event);
      });
    });
    expect(await sue.request('setStatusOf', { userId: anaId, status: 'Away' })).toEqual({ loggedIn: true });
    expect(await away).toMatchObject({ status: 'Away', by: 'supervisor' });
    const out = new Promise((resolve) => ana.on('loggedOut', resolve));
    expect(await sue.request('setStatusOf', { userId: anaId, status: 'Offline' })).toEqual({
      loggedIn: true,
    });
    expect(await out).toMatchObject({ reason: 'supervisor' });
    await ana.until((s) => s.status === 'Offline');
    expect(await sue.request('setStatusOf', { userId: anaId, status: 'Away' })).toEqual({ loggedIn: false });
  });

  it('is somebody with the right to be one', async () => {
    for (const ask of [
      () => ana.request('getOpenLogins', {}),
      () => ana.request('whisper', { chatId, text: 'psst' }),
      () => ana.request('lowerFlagOf', { chatId, userId: anaId }),
      () => ana.request('setStatusOf', { userId: anaId, status: 'Offline' }),
    ]) {
      await expect(ask()).rejects.toMatchObject({ code: 'INSUFFICIENT_ACCESS' });
    }
    await ana.request('endChat', { chatId });
    await ana.request('logout', {});
  });
});
