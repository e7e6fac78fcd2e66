/** The pure reducer: a snapshot past one event. That snapshot + events is the server's own snapshot is proved in test/api/live. */

import { describe, expect, it } from 'vitest';
import type { EngagedChat, LiveEvent, Offer, Snapshot } from '../../src/api/live/schema.js';
import { applyEvent } from '../../src/live-client/state.js';

const AGENT = '005FW0000000001AAA';
const summary: Offer['chat'] = {
  chatId: 'c1',
  chatKey: 'c1',
  visitorName: 'Vera',
  deploymentId: '572FW0000000001AAA',
  buttonId: '573FW0000000001AAA',
  requestedAt: 900,
  details: [],
  ipAddress: null,
  userAgent: null,
  language: null,
  screenResolution: null,
};
const offer: Offer = {
  offerId: 'o1',
  kind: 'push',
  chat: summary,
  offeredAt: 1_000,
  dueAt: 31_000,
  from: null,
};
const engaged: EngagedChat = {
  chat: summary,
  engagedAt: 2_000,
  lines: [],
  flag: null,
  isOwner: true,
  others: [],
  transfer: null,
  invited: [],
  alerts: { criticalWait: false, visitorIdle: false, visitorConnection: false },
  files: [],
  location: null,
};
const online: Snapshot = {
  userId: AGENT,
  name: 'Ana',
  status: 'Online',
  loginId: 'l1',
  loginAt: 500,
  statusSince: 500,
  settings: {
    capacity: 2,
    criticalWaitSeconds: null,
    mayRaiseFlag: true,
    mayTransferToAgent: false,
    mayTransferToSkill: false,
    mayTransferToButton: false,
    mayConference: false,
    mayBlockVisitor: false,
    mayRequestFile: false,
    seesSneakPeek: true,
    isSneakPeeked: false,
    isAutoAwayOnDecline: false,
    isAutoAwayOnPushTimeout: false,
    hasRequestSound: false,
    hasLogoutSound: false,
    hasNotifications: false,
    isMonitored: false,
    isWhisperedTo: false,
  },
  offers: [],
  requests: [],
  chats: [],
  lastEventId: 3,
};

let nextId = 4;
function event<T extends LiveEvent['type']>(
  type: T,
  body: Omit<Extract<LiveEvent, { type: T }>, 'id' | 'loginId' | 'at' | 'type'>,
): LiveEvent {
  return { id: nextId++, loginId: 'l1', at: 5_000, type, ...body } as unknown as LiveEvent;
}

function line(sequence: number, text: string): LiveEvent {
  const said = { chatId: 'c1', sequence, kind: 'visitor' as const, at: 1, userId: null, name: 'Vera', text };
  return event('line', { line: { ...said, customType: null, clientId: null } });
}

describe('applyEvent', () => {
  it('follows an offer that is accepted, talked in and ended', () => {
    let state = applyEvent(online, event('offered', { offer }));
    expect(state.offers).toEqual([offer]);
    state = applyEvent(state, event('chatStarted', { offerId: 'o1', chat: engaged }));
    expect(state.offers).toEqual([]);
    state = applyEvent(state, line(1, 'a'));
    state = applyEvent(state, line(2, 'b'));
    expect(state.chats[0]?.lines.map((said) => said.text)).toEqual(['a', 'b']);
    state = applyEvent(
      state,
      event('chatEnded', { chatId: 'c1', endedBy: 'Visitor', reason: '', left: false }),
    );
    expect(state.chats).toEqual([]);
  });

  it('ignores what the snapshot contains already, and what belongs to another login', () => {
    const old = { ...event('offered', { offer }), id: 3 };
    expect(applyEvent(online, old)).toBe(online);
    const other = { ...event('offered', { offer }), loginId: 'l0' };
    expect(applyEvent(online, other)).toBe(online);
  });

  it('holds a repeated line once and puts a late one in its place', () => {
    let state = applyEvent({ ...online, chats: [engaged] }, line(1, 'a'));
    state = applyEvent(state, line(3, 'c'));
    state = applyEvent(state, line(2, 'b'));
    state = applyEvent(state, line(3, 'c'));
    expect(state.chats[0]?.lines.map((said) => said.text)).toEqual(['a', 'b', 'c']);
  });

  it('is empty and offline after the last event of the login', () => {
    const state = applyEvent(
      { ...online, offers: [offer], chats: [engaged] },
      event('loggedOut', { reason: 'logout' }),
    );
    expect(state).toMatchObject({ status: 'Offline', loginId: null, offers: [], chats: [] });
  });

  it('keeps statusSince when the status was held already', () => {
    expect(applyEvent(online, event('statusChanged', { status: 'Online', by: 'agent' })).statusSince).toBe(
      500,
    );
    expect(applyEvent(online, event('statusChanged', { status: 'Away', by: 'autoAway' }))).toMatchObject({
      status: 'Away',
      statusSince: 5_000,
    });
  });

  it('raises and lowers a flag', () => {
    const up = applyEvent(
      { ...online, chats: [engaged] },
      event('flagRaised', { chatId: 'c1', message: 'help' }),
    );
    expect(up.chats[0]?.flag).toEqual({ message: 'help', raisedAt: 5_000 });
    expect(applyEvent(up, event('flagLowered', { chatId: 'c1', by: 'agent' })).chats[0]?.flag).toBeNull();
  });

  it('lists requests to pick from, until they are gone', () => {
    const request = { chat: summary, listedAt: 1_000 };
    const listed = applyEvent(online, event('requestListed', { request }));
    expect(listed.requests).toEqual([request]);
    expect(applyEvent(listed, event('requestGone', { chatId: 'c1' })).requests).toEqual([]);
  });

  it('holds a transfer and invitations while they are asked for', () => {
    const chats = [engaged];
    const to = { kind: 'agent' as const, id: AGENT };
    const invited = { userId: AGENT, name: 'Ben' };
    let state = applyEvent({ ...online, chats }, event('transfer', { chatId: 'c1', to, state: 'requested' }));
    state = applyEvent(state, event('invitation', { chatId: 'c1', invited, state: 'requested' }));
    expect(state.chats[0]).toMatchObject({ transfer: { to, requestedAt: 5_000 }, invited: [invited] });
    state = applyEvent(state, event('transfer', { chatId: 'c1', to, state: 'declined' }));
    state = applyEvent(state, event('invitation', { chatId: 'c1', invited, state: 'accepted' }));
    expect(state.chats[0]).toMatchObject({ transfer: null, invited: [] });
    state = applyEvent(state, event('participants', { chatId: 'c1', isOwner: false, others: [invited] }));
    expect(state.chats[0]).toMatchObject({ isOwner: false, others: [invited] });
  });

  it('holds files in the order they were asked for, and the page the visitor is on', () => {
    const file = {
      transferId: 'f1',
      state: 'requested' as const,
      name: null,
      contentType: null,
      size: null,
      requestedAt: 1,
    };
    let state = applyEvent({ ...online, chats: [engaged] }, event('fileTransfer', { chatId: 'c1', file }));
    state = applyEvent(state, event('fileTransfer', { chatId: 'c1', file: { ...file, transferId: 'f2' } }));
    const done = { ...file, state: 'success' as const, name: 'a.txt' };
    state = applyEvent(state, event('fileTransfer', { chatId: 'c1', file: done }));
    expect(state.chats[0]?.files).toEqual([done, { ...file, transferId: 'f2' }]);
    state = applyEvent(state, event('breadcrumb', { chatId: 'c1', location: 'https://shop.example/cart' }));
    expect(state.chats[0]?.location).toBe('https://shop.example/cart');
  });

  it('shows what is wrong in a chat until it is right again', () => {
    let state = applyEvent(
      { ...online, chats: [engaged] },
      event('criticalWait', { chatId: 'c1', alert: true }),
    );
    state = applyEvent(state, event('visitorIdle', { chatId: 'c1', warning: true }));
    state = applyEvent(state, event('criticalWait', { chatId: 'c1', alert: false }));
    expect(state.chats[0]?.alerts).toEqual({
      criticalWait: false,
      visitorIdle: true,
      visitorConnection: false,
    });
  });
});
