/** The supervisor's views over the wire: two servers, a restart, a right taken away, and who may look at all. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Board } from '../../../src/api/live/schema.js';
import { figuresOf, queueStatusOf, raisedFlagsOf } from '../../../src/live-client/board.js';
import type { LiveClient } from '../../../src/live-client/client.js';
import { type ChatServer, chatServer, type RawVisitor } from '../../support/chat-server.js';

let here: ChatServer;
let there: ChatServer;
let ana: LiveClient;
let sue: LiveClient;
beforeAll(async () => {
  here = await chatServer({ GRACE_SECONDS: '10' });
  there = await here.second();
  ana = await here.agent('ana');
  sue = await there.agent('supervisor', { backoff_ms: { first: 20, most: 100 } });
});
afterAll(async () => {
  await there?.close();
  await here?.close();
});

let visitor: RawVisitor;
let chatId: string;
beforeEach(async () => {
  await ana.request('setStatus', { status: 'Online' });
  visitor = here.visitor();
  await visitor.request();
  const { offerId } = await ana.until((s) => s.offers.find((one) => one.chat.chatKey === visitor.id));
  chatId = (await ana.request('acceptOffer', { offerId })).chat.chat.chatId;
  return async () => {
    await sue.unwatchBoard();
    await ana.request('logout', {});
    await visitor.call('DELETE', `System/SessionId/${visitor.key}`);
  };
});

const withoutVersion = ({ version, ...rest }: Board) => rest;
const again = (client: LiveClient) => new Promise((resolve) => client.on('connected', resolve));

/** What somebody who looks for the first time is shown. */
async function freshBoard(): Promise<object> {
  const other = await here.agent('supervisor', { tab: `t${Math.random()}` });
  const board = await other.watchBoard();
  other.close();
  return withoutVersion(board);
}

const expectCurrent = async () => {
  const fresh = await freshBoard();
  await expect.poll(() => withoutVersion(sue.board() as Board), { timeout: 3_000 }).toEqual(fresh);
};

describe('the board', () => {
  it('on another server follows what happens, within a second', async () => {
    await sue.watchBoard();
    const began = performance.now();
    await ana.request('raiseFlag', { chatId, message: 'what now?' });
    const flags = () => raisedFlagsOf(sue.board() as Board);
    await expect
      .poll(flags, { interval: 10 })
      .toMatchObject([{ chatId, name: 'Ana Alvarez', message: 'what now?' }]);
    expect(performance.now() - began).toBeLessThan(1_500);
    await sue.request('lowerFlagOf', { chatId, userId: ana.snapshot().userId });
    await expect.poll(flags).toEqual([]);
    await ana.request('setStatus', { status: 'Away' });
    const waiting = here.visitor();
    await here.changeButton({ HasQueue: true });
    await waiting.request();
    const queue = () =>
      queueStatusOf(sue.board() as Board).find(({ kind, id }) => kind === 'button' && id === here.buttonId);
    await expect.poll(() => queue()?.waiting.length).toBe(1);
    expect(queue()).toMatchObject({ agentsOnline: 0, agentsAway: 1, engaged: 1 });
    await waiting.post('Chasitor/ChatCancel');
    await expect.poll(() => queue()?.waiting.length).toBe(0);
    await expectCurrent();
  });

  it('shows the figures getOpenLogins gives', async () => {
    await sue.watchBoard();
    const { logins } = await sue.request('getOpenLogins', {});
    const [open] = logins.filter(({ userId }) => userId === ana.snapshot().userId);
    const agent = sue.board()?.agents.find(({ loginId }) => loginId === open?.loginId);
    if (!open || !agent) throw new Error('no open login');
    const span = open.figures.timeInOnlineStatusMs + open.figures.timeInAwayStatusMs;
    expect(figuresOf(agent, open.loginAt + span)).toEqual(open.figures);
  });

  it('is shown again after a break, and after a restart of its server', async () => {
    await sue.watchBoard();
    let back = again(sue);
    sue.drop();
    await ana.request('setStatus', { status: 'Away' });
    await back;
    await expectCurrent();
    back = again(sue);
    await there.stop();
    await ana.request('raiseFlag', { chatId, message: 'during the restart' });
    await there.start();
    await back;
    await expect.poll(() => raisedFlagsOf(sue.board() as Board)).toHaveLength(1);
    await expectCurrent();
  });

  it('is for those who may supervise, and not any longer once the right is gone', async () => {
    await expect(ana.watchBoard()).rejects.toMatchObject({ code: 'INSUFFICIENT_ACCESS' });
    await expect(ana.watchChat(chatId)).rejects.toMatchObject({ code: 'INSUFFICIENT_ACCESS' });
    await sue.watchBoard();
    await sue.watchChat(chatId);
    const [row] = await here.db.query<{ profile_id: string; agent: string }>(
      `SELECT s.profile_id, (SELECT a.profile_id FROM so_user a WHERE a.username = 'ana@floorwalker.demo') AS agent
         FROM so_user s WHERE s.username = 'supervisor@floorwalker.demo'`,
    );
    const setProfile = async (id: string | undefined) => {
      const answer = await fetch(`${here.url}/services/data/v60.0/sobjects/User/${sue.snapshot().userId}`, {
        method: 'PATCH',
        headers: {
          authorization: `Bearer ${await here.token('admin')}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ ProfileId: id }),
      });
      expect(answer.status, await answer.text()).toBe(204);
    };
    await setProfile(row?.agent);
    await new Promise((resolve) => setTimeout(resolve, 1_300));
    await visitor.say('not for her');
    await ana.request('raiseFlag', { chatId, message: 'nor this' });
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(JSON.stringify(sue.board())).not.toContain('nor this');
    expect(JSON.stringify(sue.watched(chatId))).not.toContain('not for her');
    await setProfile(row?.profile_id);
    await expect
      .poll(
        () =>
          sue.watchBoard().then(
            () => true,
            () => false,
          ),
        { timeout: 5_000 },
      )
      .toBe(true);
  });
});

describe('a watched chat', () => {
  it('on another server shows lines, whispers and typing as they go, to its end', async () => {
    const seen = await sue.watchChat(chatId);
    expect(seen).toMatchObject({ state: 'engaged', agents: [{ userId: ana.snapshot().userId }], lines: [] });
    const signals: string[] = [];
    for (const type of ['visitorTyping', 'visitorSneakPeek', 'agentTyping'] as const)
      sue.on(type, (signal) => signals.push(signal.type));
    await new Promise((resolve) => setTimeout(resolve, 200));
    await visitor.post('Chasitor/ChasitorSneakPeek', { position: 0, text: 'my numb' });
    ana.signal({ type: 'typing', chatId, typing: true });
    await expect
      .poll(() => [...signals].sort())
      .toEqual(['agentTyping', 'visitorSneakPeek', 'visitorTyping']);
    await visitor.say('my number is 7');
    await sue.request('whisper', { chatId, text: 'ask for the other one' });
    await ana.request('sendMessage', { chatId, text: 'which other?' });
    const texts = () => sue.watched(chatId)?.lines.map(({ text }) => text);
    await expect.poll(texts).toEqual(['my number is 7', 'ask for the other one', 'which other?']);
    await ana.request('endChat', { chatId });
    await expect.poll(() => sue.watched(chatId)?.state).toBe('ended');
    await expect(sue.watchChat('4711')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is watched again after a break: nothing is missing, nothing comes twice', async () => {
    await sue.watchChat(chatId);
    await visitor.say('one');
    await expect.poll(() => sue.watched(chatId)?.lines.length).toBe(1);
    const back = again(sue);
    sue.drop();
    await visitor.say('two');
    await back;
    await visitor.say('three');
    await expect
      .poll(() => sue.watched(chatId)?.lines.map(({ text }) => text))
      .toEqual(['one', 'two', 'three']);
    await sue.unwatchChat(chatId);
    await visitor.say('unseen');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(sue.watched(chatId)).toBeUndefined();
  });

  it('that ended during a break is shown as ended', async () => {
    await sue.watchChat(chatId);
    const ended = new Promise((resolve) => sue.on('watched', ({ state }) => state === 'ended' && resolve(1)));
    sue.drop();
    await ana.request('endChat', { chatId });
    await ended;
  });
});
