/**
 * Two agents with two tabs each, on two servers, and visitors who come by push and by Choice: whatever they do to each
 * other (picks, transfers, conferences, flags, files, hand-overs), each tab's snapshot + events is the server's fresh
 * snapshot, and a supervisor's board + changes is a fresh board. A failing history is replayed by its printed seed.
 */

import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Board, Snapshot } from '../../../src/api/live/schema.js';
import { type LiveClient, LiveError } from '../../../src/live-client/client.js';
import { applyEvent } from '../../../src/live-client/state.js';
import { type ChatServer, chatServer, type RawVisitor } from '../../support/chat-server.js';

/** One browser tab: what it shows is folded here from events alone, except where a login begins. */
interface Tab {
  readonly client: LiveClient;
  shown: Snapshot;
}

let here: ChatServer;
let there: ChatServer;
let buttonIds: string[];
let skillId: string;
/** By agent: a tab on each server. */
let agents: [Tab, Tab][];
let supervisor: LiveClient;

async function tabOf(server: ChatServer, who: string): Promise<Tab> {
  const client = await server.agent(who, { backoff_ms: { first: 20, most: 50 } });
  const tab: Tab = { client, shown: client.snapshot() };
  client.on('event', (event) => {
    tab.shown = applyEvent(tab.shown, event);
  });
  client.on('snapshot', (snapshot) => {
    if (snapshot.loginId !== tab.shown.loginId) tab.shown = snapshot;
  });
  return tab;
}

async function make(object: string, fields: Record<string, unknown>): Promise<string> {
  const answer = await fetch(`${here.url}/services/data/v60.0/sobjects/${object}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await here.token('admin')}`, 'content-type': 'application/json' },
    body: JSON.stringify(fields),
  });
  const made = (await answer.json()) as { id?: string };
  if (made.id === undefined) throw new Error(`${object}: ${JSON.stringify(made)}`);
  return made.id;
}

beforeAll(async () => {
  const quick = { GRACE_SECONDS: '20', RATE_LIMIT_FACTOR: '100' };
  here = await chatServer(quick);
  there = await here.second();
  const [row] = await here.db.query<{ id: string }>(
    'SELECT skill_id AS id FROM so_live_chat_button WHERE id = $1',
    [here.buttonId],
  );
  skillId = row?.id ?? '';
  const choice = await make('LiveChatButton', {
    DeveloperName: 'Choice',
    MasterLabel: 'Choice',
    RoutingType: 'Choice',
    Type: 'Standard',
    HasQueue: true,
    SkillId: skillId,
  });
  await here.changeButton({ HasQueue: true });
  buttonIds = [here.buttonId, choice];
  const configs = await here.db.query<{ id: string }>(
    `SELECT id FROM so_live_chat_user_config WHERE developer_name IN ('Demo_ana', 'Demo_ben')`,
  );
  for (const { id } of configs) {
    await make('UserConfigTransferSkill', { LiveChatUserConfigId: id, SkillId: skillId });
    for (const button of buttonIds)
      await make('UserConfigTransferButton', { LiveChatUserConfigId: id, LiveChatButtonId: button });
  }
  agents = await Promise.all(
    ['ana', 'ben'].map(async (who) => [await tabOf(here, who), await tabOf(there, who)] as [Tab, Tab]),
  );
  supervisor = await there.agent('supervisor');
});
afterAll(async () => {
  await there?.close();
  await here?.close();
});

const STEPS = [
  'online',
  'away',
  'logout',
  'arrive',
  'accept',
  'decline',
  'pick',
  'transferToAgent',
  'transferToSkill',
  'transferToButton',
  'cancelTransfer',
  'invite',
  'cancelInvitation',
  'leave',
  'say',
  'visitorSays',
  'whisper',
  'flag',
  'lowerFlag',
  'lowerFlagOf',
  'requestFile',
  'cancelFile',
  'end',
  'visitorEnds',
  'drop',
] as const;
type Step = readonly [what: (typeof STEPS)[number], who: number, which: number];

/** What the floor refuses is no fault; anything else is. */
const REFUSED = new Set(['INVALID_OPERATION', 'NOT_FOUND', 'INSUFFICIENT_ACCESS']);

async function take([what, who, which]: Step, visitors: RawVisitor[]): Promise<void> {
  const pair = agents[who % agents.length] as [Tab, Tab];
  const colleague = (agents[(who + 1) % agents.length] as [Tab, Tab])[0];
  const { client } = pair[which % 2] as Tab;
  const { offers, requests, chats } = client.snapshot();
  const chat = chats[which % Math.max(1, chats.length)];
  const chatId = chat?.chat.chatId ?? '';
  const visitor = visitors.find(({ id }) => id === chat?.chat.chatKey);
  const colleagueId = colleague.client.snapshot().userId;
  const to = (kind: 'agent' | 'skill' | 'button', id: string) =>
    client.request('transfer', { chatId, to: { kind, id } });
  switch (what) {
    case 'online':
      return void (await client.request('setStatus', { status: 'Online' }));
    case 'away':
      return void (await client.request('setStatus', { status: 'Away' }));
    case 'logout':
      return void (await client.request('logout', {}));
    case 'arrive': {
      if (visitors.length >= 8) return;
      const visitor = (which % 2 === 0 ? here : there).visitor();
      await visitor.open();
      await visitor.init({ visitorName: `V${visitors.length}`, buttonId: buttonIds[which % 2] });
      visitors.push(visitor);
      return;
    }
    case 'accept':
      return void (offers[0] && (await client.request('acceptOffer', { offerId: offers[0].offerId })));
    case 'decline':
      return void (offers[0] && (await client.request('declineOffer', { offerId: offers[0].offerId })));
    case 'pick':
      return void (requests[0] && (await client.request('pickChat', { chatId: requests[0].chat.chatId })));
    case 'visitorSays':
      return void (visitor && (await visitor.say(`v${which}`)));
    case 'visitorEnds':
      return void (visitor && (await visitor.post('Chasitor/ChatEnd', { reason: 'client' })));
    case 'drop': {
      const back = new Promise<void>((resolve) => {
        const off = client.on('connected', () => {
          off();
          resolve();
        });
      });
      client.drop();
      return back;
    }
    default:
      if (chat === undefined) return;
  }
  switch (what) {
    case 'transferToAgent':
      return void (await to('agent', colleagueId));
    case 'transferToSkill':
      return void (await to('skill', skillId));
    case 'transferToButton':
      return void (await to('button', buttonIds[which % 2] as string));
    case 'cancelTransfer':
      return void (await client.request('cancelTransfer', { chatId }));
    case 'invite':
      return void (await client.request('invite', { chatId, userId: colleagueId }));
    case 'cancelInvitation':
      return void (await client.request('cancelInvitation', { chatId, userId: colleagueId }));
    case 'leave':
      return void (await client.request('leaveChat', { chatId }));
    case 'say':
      return void (await client.request('sendMessage', { chatId, text: `a${which}` }));
    case 'whisper':
      return void (await supervisor.request('whisper', { chatId, text: `w${which}` }));
    case 'flag':
      return void (await client.request('raiseFlag', { chatId, message: `f${which}` }));
    case 'lowerFlag':
      return void (await client.request('lowerFlag', { chatId }));
    case 'lowerFlagOf':
      return void (await supervisor.request('lowerFlagOf', { chatId, userId: client.snapshot().userId }));
    case 'requestFile':
      return void (await client.request('requestFile', { chatId }));
    case 'cancelFile':
      return void (await client.request('cancelFile', { chatId }));
    case 'end':
      return void (await client.request('endChat', { chatId }));
  }
}

async function expectEveryTabCurrent(): Promise<void> {
  for (const pair of agents) {
    for (const [n, tab] of pair.entries()) {
      const ask = (pair[1 - n] as Tab).client;
      const fresh = async () => (await ask.request('getSnapshot', {})).snapshot;
      // Looked at by the other tab, on the other server.
      const isCurrent = async () => JSON.stringify(await fresh()) === JSON.stringify(tab.shown);
      await expect
        .poll(isCurrent, { timeout: 5_000, interval: 25 })
        .toBe(true)
        .catch(async () => expect(tab.shown).toEqual(await fresh()));
      expect(tab.client.snapshot()).toEqual(tab.shown);
    }
  }
}

const withoutVersion = ({ version, ...rest }: Board) => rest;

it('every tab of everybody shows what is so, and so does the board', async () => {
  const step: fc.Arbitrary<Step> = fc.tuple(fc.constantFrom(...STEPS), fc.nat(7), fc.nat(7));
  await supervisor.watchBoard();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      const visitors: RawVisitor[] = [];
      try {
        for (const [tab] of agents) await tab.client.request('setStatus', { status: 'Online' });
        for (const which of [0, 1, 2, 3]) await take(['arrive', 0, which], visitors);
        for (const [n, one] of steps.entries()) {
          await take(one, visitors).catch((error: unknown) => {
            if (!(error instanceof LiveError && REFUSED.has(error.code))) throw error;
          });
          if (n % 4 === 3) await expectEveryTabCurrent();
        }
        await expectEveryTabCurrent();
        const other = await here.agent('supervisor', { tab: `t${Math.random()}` });
        const fresh = withoutVersion(await other.watchBoard());
        other.close();
        await expect
          .poll(() => withoutVersion(supervisor.board() as Board), { timeout: 3_000 })
          .toEqual(fresh);
      } finally {
        for (const visitor of visitors) await visitor.call('DELETE', `System/SessionId/${visitor.key}`);
        for (const [tab] of agents) await tab.client.request('logout', {});
      }
    }),
    { numRuns: 8, endOnFailure: true },
  );
}, 180_000);
