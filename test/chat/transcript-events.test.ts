/**
 * Every Type of LiveChatTranscriptEvent: which act on the floor writes it, or why none does (live-agent-chat.md §12.2).
 * The acts are done, and the types they wrote compared with the table: neither list can go stale unseen.
 */
import { afterAll, afterEach, beforeEach, expect, it, test } from 'vitest';
import { fieldOf, findObject } from '../../src/objects/registry.js';
import { auditFloor } from '../support/floor-audit.js';
import {
  type AgentClient,
  closeWorlds,
  connect,
  openWorld,
  type VisitorClient,
  visit,
  type World,
} from './floor-world.js';

let world: World;
let skill: string;
let button: string;
afterAll(() => closeWorlds());
beforeEach(async () => {
  // Agents who say nothing for minutes are not lost here.
  world = await openWorld({ graceMs: 600_000 });
  skill = await world.skill('Support');
  button = await world.button({ SkillId: skill, HasQueue: true, PushTimeout: 20 });
});
afterEach(async () => {
  const { errors } = world;
  await auditFloor(world.db);
  await world.close();
  expect(errors).toEqual([]);
});

const MAY = {
  OptionsHasChatTransferToAgent: true,
  OptionsHasChatTransferToSkill: true,
  OptionsHasChatTransferToButton: true,
  OptionsHasChatConferencing: true,
  OptionsHasAssistanceFlag: true,
  OptionsHasAgentFileTransfer: true,
  OptionsHasVisitorBlocking: true,
  CriticalWaitTime: 30,
};

async function agent(name: string, skills: readonly string[] = [skill], capacity = 1): Promise<AgentClient> {
  const client = await connect(world.floor, await world.agent(name, { skills, capacity, config: MAY }));
  await client.status('Online');
  return client;
}

async function take(ana: AgentClient): Promise<string> {
  const { offer } = await ana.next('offered');
  await world.floor.accept(ana.connectionId, offer.offerId);
  return offer.chat.chatId;
}

async function chatting(
  more: object = {},
): Promise<{ ana: AgentClient; vera: VisitorClient; chatId: string }> {
  const ana = await agent('ana');
  const vera = await visit(world, { buttonId: button, ...more });
  return { ana, vera, chatId: await take(ana) };
}

const seconds = (n: number) => world.leap(n * 1_000);

/** An act, and the types the transcripts have after it. */
const ACTS: Readonly<Record<string, () => Promise<void>>> = {
  'a chat is asked for, pushed, accepted, ended by the agent': async () => {
    const { ana, chatId } = await chatting();
    await world.floor.endChat(ana.connectionId, chatId);
  },
  'the visitor ends it': async () => (await chatting()).vera.end(),
  'the visitor closes the window': async () => {
    const { vera } = await chatting();
    await world.floor.visitor.deleteSession(vera.key);
  },
  'the visitor gives up in the queue': async () => (await visit(world, { buttonId: button })).end(),
  'nobody is there': async () => {
    const none = await world.button({ SkillId: skill });
    await visit(world, { buttonId: none });
  },
  'the queue is full': async () => {
    const full = await world.button({ SkillId: skill, HasQueue: true, OverallQueueLength: 0 });
    await visit(world, { buttonId: full });
  },
  'the visitor is blocked': async () => {
    await world.create('LiveChatBlockingRule', {
      DeveloperName: 'R',
      MasterLabel: 'R',
      FromIpAddress: '192.0.2.1',
    });
    await world.floor.tick();
    await visit(world, { buttonId: button, ipAddress: '192.0.2.1' });
  },
  'the agent blocks the visitor': async () => {
    const { ana, chatId } = await chatting();
    await world.floor.blockVisitor(ana.connectionId, chatId);
  },
  'an agent picks it': async () => {
    const choice = await world.button({ SkillId: skill, RoutingType: 'Choice', HasQueue: true });
    const ana = await agent('ana');
    const vera = await visit(world, { buttonId: choice });
    const { request } = await ana.next('requestListed');
    await world.floor.pickChat(ana.connectionId, request.chat.chatId);
    await vera.end();
  },
  'an agent declines, another lets it time out, a third goes offline': async () => {
    const ana = await agent('ana');
    const vera = await visit(world, { buttonId: button });
    const { offer } = await ana.next('offered');
    await world.floor.decline(ana.connectionId, offer.offerId);
    const bob = await agent('bob');
    expect(bob.state.offers).toHaveLength(1);
    await seconds(21);
    await world.floor.tick();
    await bob.status('Offline');
    const cy = await agent('cy');
    expect(cy.state.offers).toHaveLength(1);
    await cy.status('Offline');
    await vera.end();
  },
  'the agent goes offline in a chat': async () => {
    const { ana, vera } = await chatting();
    await ana.status('Offline');
    await vera.end();
  },
  'the visitor waits for an answer, then gets one': async () => {
    const { ana, vera, chatId } = await chatting();
    await vera.say('hello?');
    await seconds(31);
    await world.floor.tick();
    await world.floor.sendLine(ana.connectionId, { chatId, text: 'here' });
    await world.floor.tick();
    await vera.end();
  },
  'the visitor is idle, answers, is idle again': async () => {
    button = await world.button({
      SkillId: skill,
      OptionsHasChasitorIdleTimeout: true,
      ChasitorIdleTimeout: 60,
      ChasitorIdleTimeoutWarning: 30,
    });
    const { ana, vera, chatId } = await chatting();
    for (const text of ['one', 'two']) {
      await world.floor.sendLine(ana.connectionId, { chatId, text });
      await seconds(31);
      await world.floor.tick();
      if (text === 'one') await vera.say('yes');
      await world.floor.tick();
    }
    await seconds(31);
    await world.floor.tick();
  },
  'the visitor’s connection is lost': async () => {
    await world.db.query('UPDATE so_live_chat_deployment SET connection_warning_duration = 60');
    await chatting();
    await seconds(1);
    await world.floor.tick();
    for (const after of [61, 100]) {
      await seconds(after);
      await world.floor.tick();
    }
  },
  'flags go up and down': async () => {
    const { ana, vera, chatId } = await chatting();
    const { userId } = ana.state;
    await world.floor.raiseFlag(ana.connectionId, chatId, 'help');
    await world.floor.lowerFlag(ana.connectionId, chatId);
    await world.floor.raiseFlag(ana.connectionId, chatId, 'help');
    await world.floor.supervisor.lowerFlag({ userId, name: 'Sue' }, { chatId, userId });
    await vera.end();
  },
  'transfers to an agent: taken back, declined, accepted': async () => {
    const { ana, vera, chatId } = await chatting();
    const sales = await world.skill('Sales');
    const bob = await agent('bob', [sales]);
    const to = { kind: 'agent', id: bob.state.userId } as const;
    await world.floor.transfer(ana.connectionId, { chatId, to });
    await bob.next('offered');
    await world.floor.cancelTransfer(ana.connectionId, chatId);
    await world.floor.transfer(ana.connectionId, { chatId, to });
    const { offer } = await bob.next('offered');
    await world.floor.decline(bob.connectionId, offer.offerId);
    await world.floor.transfer(ana.connectionId, { chatId, to });
    await take(bob);
    await vera.end();
  },
  'a transfer to a button where nobody is: it comes back': async () => {
    const { ana, vera, chatId } = await chatting();
    const sales = await world.skill('Sales');
    const other = await world.button({ SkillId: sales, HasQueue: false, PushTimeout: 20 });
    const [config] = await world.db.query<{ id: string }>(
      'SELECT live_chat_user_config_id AS id FROM so_live_chat_user_config_user WHERE user_id = $1',
      [ana.state.userId],
    );
    await world.create('UserConfigTransferButton', {
      LiveChatUserConfigId: config?.id,
      LiveChatButtonId: other,
    });
    const bob = await agent('bob', [sales]);
    await world.floor.transfer(ana.connectionId, { chatId, to: { kind: 'button', id: other } });
    const { offer } = await bob.next('offered');
    await world.floor.decline(bob.connectionId, offer.offerId);
    await take(ana);
    await vera.end();
  },
  'a conference: called off, declined, joined, left': async () => {
    const { ana, vera, chatId } = await chatting();
    const bob = await agent('bob', []);
    const { userId } = bob.state;
    await world.floor.invite(ana.connectionId, { chatId, userId });
    await bob.next('offered');
    await world.floor.cancelInvitation(ana.connectionId, { chatId, userId });
    await world.floor.invite(ana.connectionId, { chatId, userId });
    const { offer } = await bob.next('offered');
    await world.floor.decline(bob.connectionId, offer.offerId);
    await world.floor.invite(ana.connectionId, { chatId, userId });
    await take(bob);
    await world.floor.leaveChat(bob.connectionId, chatId);
    await vera.end();
  },
  'files: sent, failed, taken back': async () => {
    const { ana, vera, chatId } = await chatting();
    for (const name of ['a.txt', 'a.exe']) {
      await world.floor.requestFile(ana.connectionId, chatId);
      const { fileToken } = (await vera.until('FileTransfer')).message;
      const chunks = (async function* () {
        yield Buffer.from('x');
      })();
      await world.floor.files
        .receive({ chatKey: vera.key.split('!')[0] as string, fileToken: String(fileToken) }, async () => ({
          name,
          chunks,
        }))
        .catch(() => undefined);
      await vera.until('FileTransfer');
    }
    await world.floor.requestFile(ana.connectionId, chatId);
    await world.floor.cancelFile(ana.connectionId, chatId);
    await vera.end();
  },
  'sensitive data from all sides': async () => {
    await world.create('LiveChatSensitiveDataRule', {
      DeveloperName: 'Card',
      MasterLabel: 'Card',
      Pattern: '\\d{4}',
      ActionType: 'Remove',
      EnforceOn: 7,
      IsEnabled: true,
    });
    await world.floor.tick();
    const { ana, vera, chatId } = await chatting();
    await vera.say('1111');
    await world.floor.sendLine(ana.connectionId, { chatId, text: '2222' });
    await world.floor.supervisor.whisper({ userId: ana.state.userId, name: 'Sue' }, { chatId, text: '3333' });
    await vera.end();
  },
};

/** Each type, by an act that writes it. */
const WRITTEN: Readonly<Record<string, keyof typeof ACTS>> = {
  ChatRequest: 'a chat is asked for, pushed, accepted, ended by the agent',
  PushAssignment: 'a chat is asked for, pushed, accepted, ended by the agent',
  Accept: 'a chat is asked for, pushed, accepted, ended by the agent',
  EndAgent: 'a chat is asked for, pushed, accepted, ended by the agent',
  EndVisitor: 'the visitor ends it',
  LeaveVisitor: 'the visitor closes the window',
  Enqueue: 'the visitor gives up in the queue',
  CancelVisitor: 'the visitor gives up in the queue',
  CancelNoAgent: 'nobody is there',
  CancelNoQueue: 'the queue is full',
  CancelBlocked: 'the visitor is blocked',
  AgentBlocked: 'the agent blocks the visitor',
  ChoiceRoute: 'an agent picks it',
  DeclineManual: 'an agent declines, another lets it time out, a third goes offline',
  DeclineTimeout: 'an agent declines, another lets it time out, a third goes offline',
  Unassigned: 'an agent declines, another lets it time out, a third goes offline',
  LeaveAgent: 'the agent goes offline in a chat',
  AlertCriticalWaitChat: 'the visitor waits for an answer, then gets one',
  ClearCriticalWaitChat: 'the visitor waits for an answer, then gets one',
  ChasitorIdleTimeoutWarningTriggered: 'the visitor is idle, answers, is idle again',
  ChasitorIdleTimeoutWarningCleared: 'the visitor is idle, answers, is idle again',
  ChasitorIdleTimeout: 'the visitor is idle, answers, is idle again',
  ConnectionWarning: 'the visitor’s connection is lost',
  ConnectionTimeout: 'the visitor’s connection is lost',
  FlagRaised: 'flags go up and down',
  FlagLoweredAgent: 'flags go up and down',
  FlagLoweredSupervisor: 'flags go up and down',
  TransferRequest: 'transfers to an agent: taken back, declined, accepted',
  TransferCancelled: 'transfers to an agent: taken back, declined, accepted',
  TransferDeclined: 'transfers to an agent: taken back, declined, accepted',
  Transfer: 'transfers to an agent: taken back, declined, accepted',
  TransferredToButton: 'a transfer to a button where nobody is: it comes back',
  TransferToButtonFailed: 'a transfer to a button where nobody is: it comes back',
  ChatResumedAfterTransfer: 'a transfer to a button where nobody is: it comes back',
  ConferenceRequest: 'a conference: called off, declined, joined, left',
  ConferenceRequestCanceled: 'a conference: called off, declined, joined, left',
  ConferenceRequestDeclined: 'a conference: called off, declined, joined, left',
  OperatorJoinedConference: 'a conference: called off, declined, joined, left',
  OperatorLeftConference: 'a conference: called off, declined, joined, left',
  FileTransferRequested: 'files: sent, failed, taken back',
  FileTransferSuccess: 'files: sent, failed, taken back',
  FileTransferFailure: 'files: sent, failed, taken back',
  FileCanceledAgent: 'files: sent, failed, taken back',
  SensitiveDataAgent: 'sensitive data from all sides',
  SensitiveDataVisitor: 'sensitive data from all sides',
  SensitiveDataSupervisor: 'sensitive data from all sides',
};

const OMNI =
  'queues and skills-based routing are Omni-Channel’s, whose sessions are not LiveAgentSession rows';
const BOT = 'there are no bots on this floor';

/** Types no act writes, and why. They can be read, imported and created through the API all the same. */
const NOT_WRITTEN: Readonly<Record<string, string>> = {
  TransferredToQueue: OMNI,
  TransferToQueueFailed: OMNI,
  TransferredToSbrSkill: OMNI,
  TransferredToSbrSkillFailed: OMNI,
  TransferredToBot: BOT,
  TransferToBotFailed: BOT,
  ChatbotEstablished: BOT,
  ChatbotNotEstablished: BOT,
  ChatbotEndChat: BOT,
  ChatbotEndedChatByAction: BOT,
  FileTransferToChasitor:
    'agents ask for files; the Chat REST API has no message that brings one to the visitor',
  FileCanceledChasitor: 'the Chat REST API has no call by which the visitor refuses to send the file',
  Other: 'nothing happens here that has no type of its own',
};

test('each type of the reference is in one of the two lists', () => {
  const object = findObject('LiveChatTranscriptEvent');
  const type = object && fieldOf(object, 'Type');
  const types = (type?.picklistValues ?? []).map((one) => (typeof one === 'string' ? one : one.value));
  expect(types.length).toBeGreaterThan(50);
  expect([...Object.keys(WRITTEN), ...Object.keys(NOT_WRITTEN)].sort()).toEqual([...types].sort());
});

it.each(Object.keys(ACTS))('%s', async (act) => {
  await ACTS[act]?.();
  await world.floor.tick();
  await world.floor.tick();
  const rows = await world.db.query<{ type: string }>(
    'SELECT DISTINCT type FROM so_live_chat_transcript_event ORDER BY type',
  );
  const types = rows.map(({ type }) => type);
  const expected = Object.keys(WRITTEN).filter((type) => WRITTEN[type] === act);
  expect(types).toEqual(expect.arrayContaining(expected));
  expect(types.filter((type) => Object.hasOwn(NOT_WRITTEN, type))).toEqual([]);
});
