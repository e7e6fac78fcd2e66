/**
 * What a console shows, kept current: a snapshot and the pure function that takes it past one event.
 * Invariant: `applyEvent` over the events after a snapshot equals a fresh snapshot (proved in test/api/live).
 */

import type {
  EngagedChat,
  FileTransfer,
  Line,
  ListedRequest,
  LiveEvent,
  Snapshot,
} from '../api/live/schema.js';

/** The snapshot after `event`. Nothing given is changed. Events it contains already change nothing. */
export function applyEvent(before: Snapshot, event: LiveEvent): Snapshot {
  if (event.loginId !== before.loginId || event.id <= before.lastEventId) return before;
  return { ...before, lastEventId: event.id, ...changeOf(before, event) };
}

function changeOf(before: Snapshot, event: LiveEvent): Partial<Snapshot> {
  switch (event.type) {
    case 'statusChanged':
      return event.status === before.status ? {} : { status: event.status, statusSince: event.at };
    case 'settingsChanged':
      return { settings: event.settings };
    case 'offered':
      return {
        offers: inOrder(
          [...before.offers.filter((o) => o.offerId !== event.offer.offerId), event.offer],
          (one) => one.offeredAt,
        ),
      };
    case 'offerEnded':
      return { offers: before.offers.filter((o) => o.offerId !== event.offerId) };
    case 'requestListed':
      return {
        requests: inOrder(
          [...withoutRequest(before, event.request.chat.chatId), event.request],
          ({ chat }) => chat.requestedAt,
        ),
      };
    case 'requestGone':
      return { requests: withoutRequest(before, event.chatId) };
    case 'chatStarted':
      return {
        offers: before.offers.filter((o) => o.offerId !== event.offerId),
        chats: inOrder(
          [...before.chats.filter((c) => c.chat.chatId !== event.chat.chat.chatId), event.chat],
          (one) => one.engagedAt,
        ),
      };
    case 'line':
      return inChat(before, event.line.chatId, (chat) => ({
        ...chat,
        lines: withLine(chat.lines, event.line),
      }));
    case 'chatEnded':
      return { chats: before.chats.filter((c) => c.chat.chatId !== event.chatId) };
    case 'flagRaised':
      return inChat(before, event.chatId, (chat) => ({
        ...chat,
        flag: { message: event.message, raisedAt: event.at },
      }));
    case 'flagLowered':
      return inChat(before, event.chatId, (chat) => ({ ...chat, flag: null }));
    case 'participants':
      return inChat(before, event.chatId, (chat) => ({
        ...chat,
        isOwner: event.isOwner,
        others: event.others,
      }));
    case 'transfer':
      return inChat(before, event.chatId, (chat) => ({
        ...chat,
        transfer: event.state === 'requested' ? { to: event.to, requestedAt: event.at } : null,
      }));
    case 'invitation':
      return inChat(before, event.chatId, (chat) => ({
        ...chat,
        invited: [
          ...chat.invited.filter(({ userId }) => userId !== event.invited.userId),
          ...(event.state === 'requested' ? [event.invited] : []),
        ],
      }));
    case 'fileTransfer':
      return inChat(before, event.chatId, (chat) => ({ ...chat, files: withFile(chat.files, event.file) }));
    case 'breadcrumb':
      return inChat(before, event.chatId, (chat) => ({ ...chat, location: event.location }));
    case 'criticalWait':
      return withAlert(before, event.chatId, { criticalWait: event.alert });
    case 'visitorIdle':
      return withAlert(before, event.chatId, { visitorIdle: event.warning });
    case 'visitorConnection':
      return withAlert(before, event.chatId, { visitorConnection: event.warning });
    case 'loggedOut':
      return {
        status: 'Offline',
        loginId: null,
        loginAt: null,
        statusSince: null,
        offers: [],
        requests: [],
        chats: [],
        // No login, no events of it.
        lastEventId: 0,
      };
  }
}

/** As the server lists them: by time, what is of one moment by the number of its chat. */
function inOrder<T extends { readonly chat: { readonly chatId: string } }>(
  list: T[],
  timeOf: (one: T) => number,
): T[] {
  return list.sort((a, b) => timeOf(a) - timeOf(b) || Number(a.chat.chatId) - Number(b.chat.chatId));
}

function withoutRequest({ requests }: Snapshot, chatId: string): ListedRequest[] {
  return requests.filter(({ chat }) => chat.chatId !== chatId);
}

function withAlert(
  before: Snapshot,
  chatId: string,
  changed: Partial<EngagedChat['alerts']>,
): Partial<Snapshot> {
  return inChat(before, chatId, (chat) => ({ ...chat, alerts: { ...chat.alerts, ...changed } }));
}

function inChat(
  before: Snapshot,
  chatId: string,
  change: (chat: EngagedChat) => EngagedChat,
): Partial<Snapshot> {
  return { chats: before.chats.map((one) => (one.chat.chatId === chatId ? change(one) : one)) };
}

/** In place of the one it changes, else behind the others. */
function withFile(files: readonly FileTransfer[], file: FileTransfer): FileTransfer[] {
  const isKnown = files.some(({ transferId }) => transferId === file.transferId);
  return isKnown ? files.map((one) => (one.transferId === file.transferId ? file : one)) : [...files, file];
}

function withLine(lines: readonly Line[], line: Line): Line[] {
  const last = lines.at(-1);
  if (last === undefined || last.sequence < line.sequence) return [...lines, line];
  // A repeat, or one that overtook another: put in its place.
  return [...lines.filter((l) => l.sequence !== line.sequence), line].sort((a, b) => a.sequence - b.sequence);
}
