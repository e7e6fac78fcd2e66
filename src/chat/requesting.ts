/** ChasitorInit: a visitor asks for a chat. Success or failure is queued before the call is answered (§13.5). */
import { randomUUID } from 'node:crypto';
import { isoOf } from '../clock.js';
import { id18, isId } from '../store/ids.js';
import { estimatedWaitSeconds } from './availability.js';
import { type Deployment, findDeployment } from './configuration.js';
import type { FloorContext } from './context.js';
import { endChat } from './ending.js';
import type { Chat, RoutingTarget, StoredRequest } from './entities.js';
import type { ChatRequest } from './floor.js';
import { floorWork } from './floor-work.js';
import { followPlace, placeOf } from './queue-updates.js';
import { findPlace, giveUp, type NoPlace, type Seeker, takePlace } from './routing.js';
import { cleanJson, cleanText, cutText } from './text.js';
import { sessionState } from './visitor-sessions.js';
import type { Work } from './work.js';

/** Longest stored pre-chat data of a request, in characters of JSON; more is cut off, oldest kept. */
const DETAILS_LIMIT = 100;
const VALUE_LIMIT = 4_000;

const NOBODY_ASKED: Seeker = {
  declinedBy: [],
  timedOutBy: [],
  attempts: 0,
  establishedAt: null,
  lastOperatorUserId: null,
  transfer: null,
};
const NOWHERE: NoPlace = { room: 'noAgent' };

/** Once a session: repeated, it changes nothing. */
export async function requestChat(
  context: FloorContext,
  sessionId: string,
  request: ChatRequest,
): Promise<void> {
  await floorWork(context, async (work) => {
    const session = await sessionState(work.tx, sessionId);
    if (!session || session.closing || session.chat_id !== null) return;
    const fail = (reason: string) => {
      work.post({ sessionId }, { type: 'ChatRequestFail', message: { reason, attachedRecords: [] } });
      work.closeSession(sessionId);
    };
    if (!request.isPost) return fail('NoPost');
    const deployment = await findDeployment(work.tx, request.organizationId, request.deploymentId);
    if (!deployment) return fail('InternalFailure');
    const targets = await knownTargets(work, targetsOf(request));
    const [first] = targets;
    if (!first) return fail('Unavailable');
    const isBlocked = context.safety.isBlocked(request.ipAddress);
    const place = isBlocked ? NOWHERE : await findPlace(work, { ...NOBODY_ASKED }, targets);
    const target = 'target' in place ? place.target : first;
    const skillIds = (await work.button(target.buttonId))?.skillIds ?? [];
    const chat = await createChat(
      work,
      sessionId,
      deployment.id,
      { ...target, skillIds },
      storedRequest(request),
    );
    work.note(chat, 'ChatRequest', {});
    if (isBlocked) {
      chat.outcome = 'Blocked';
      await endChat(work, chat, { by: 'System', reason: 'Blocked', note: 'CancelBlocked', actor: 'system' });
      return;
    }
    if (!('target' in place)) return giveUp(work, chat, place.room);
    const success = await successOf(work, chat, deployment);
    work.post(chat, success);
    await takePlace(work, chat, place);
    if (chat.state === 'waiting') work.note(chat, 'Enqueue', {});
    if (chat.state !== 'engaged' && chat.state !== 'ended' && request.receiveQueueUpdates) {
      await followPlace(work.tx, chat.id, success.message.queuePosition);
    }
  });
}

/** Where a request is to be tried, in order (§13.3). Overrides beat the three single ids. */
export function targetsOf(
  request: Pick<ChatRequest, 'buttonId' | 'agentId' | 'doFallback' | 'buttonOverrides'>,
): RoutingTarget[] {
  const named: RoutingTarget[] = [];
  const add = (agentId: string | null, buttonId: string | null) => {
    if (agentId === null && buttonId === null) return;
    named.push({ agentId, buttonId });
  };
  if (request.buttonOverrides.length > 0) {
    for (const override of request.buttonOverrides.slice(0, 20)) {
      const [one = '', two] = override.split('_');
      if (two !== undefined) {
        add(one, two);
        add(null, two);
      } else if (one.startsWith('005')) add(one, null);
      else add(null, one);
    }
    return named;
  }
  if (request.agentId === null) add(null, request.buttonId);
  else {
    add(request.agentId, request.buttonId);
    if (request.doFallback) add(null, request.buttonId);
  }
  return named;
}

/** The targets that exist, ids in their 18-character form. Omni routing is not ours, so such a button takes nobody. */
async function knownTargets(work: Work, targets: readonly RoutingTarget[]): Promise<RoutingTarget[]> {
  const known: RoutingTarget[] = [];
  for (const target of targets) {
    const button = await work.button(target.buttonId);
    if ((!button && target.buttonId !== null) || button?.routing === 'Omni') continue;
    if (target.agentId !== null && !isId(target.agentId)) continue;
    known.push({
      buttonId: button?.id ?? null,
      agentId: target.agentId === null ? null : id18(target.agentId),
    });
  }
  return known;
}

async function createChat(
  work: Work,
  sessionId: string,
  deploymentId: string,
  { buttonId, agentId, skillIds }: RoutingTarget & { readonly skillIds: readonly string[] },
  request: StoredRequest,
): Promise<Chat> {
  const at = isoOf(work.now);
  const [row] = await work.tx.query<{ id: number }>(
    `WITH made AS (
       INSERT INTO chat (chat_key, state, deployment_id, button_id, skill_ids, target_user_id, request,
         requested_at, waiting_since, seq, at)
       VALUES ($1, 'waiting', $2, $3, $4, $5, $6, $7, $7, 0, $7) RETURNING id
     ), talk AS (INSERT INTO conversation (chat_id, session_id, at) SELECT id, $1, $7 FROM made
     ), tied AS (UPDATE visitor_session s SET chat_id = made.id FROM made WHERE s.id = $1)
     SELECT id FROM made`,
    [sessionId, deploymentId, buttonId, skillIds, agentId, JSON.stringify(request), at],
    'floor.createChat',
  );
  const chat = row && (await work.chat(row.id));
  if (!chat) throw new Error('a chat was made and is not there');
  return chat;
}

async function successOf(work: Work, chat: Chat, deployment: Deployment) {
  const button = await work.button(chat.buttonId);
  return {
    type: 'ChatRequestSuccess',
    message: {
      connectionTimeout: deployment.connectionTimeoutMs,
      estimatedWaitTime: chat.buttonId === null ? -1 : await estimatedWaitSeconds(work.tx, chat.buttonId),
      sensitiveDataRules: work.context.safety.forVisitor(),
      transcriptSaveEnabled: deployment.hasTranscriptSave,
      url: chat.request.referrer ?? '',
      oref: chat.request.referrer ?? '',
      postChatUrl: button?.postchatUrl ?? '',
      queuePosition: await placeOf(work.tx, chat.id),
      customDetails: chat.request.prechatDetails,
      visitorId: chat.request.visitorId,
      geoLocation: {},
    },
  } as const;
}

/** What is kept of the request: cleaned, cut to the lengths the transcript's fields have. */
function storedRequest(request: ChatRequest): StoredRequest {
  return {
    buttonId: request.buttonId,
    agentId: request.agentId,
    doFallback: request.doFallback,
    buttonOverrides: request.buttonOverrides.slice(0, 20).map((id) => cleanText(id.slice(0, 64))),
    visitorId: cutText(request.visitorId, 200) ?? randomUUID(),
    visitorName: cutText(request.visitorName, 255) || 'Visitor',
    ipAddress: cutText(request.ipAddress, 39),
    userAgent: cutText(request.userAgent, 1_000),
    language: cutText(request.language, 200),
    screenResolution: cutText(request.screenResolution, 200),
    referrer: cutText(request.referrer, 2_000),
    prechatDetails: request.prechatDetails.slice(0, DETAILS_LIMIT).map((detail) => ({
      ...cleanJson(detail),
      label: cleanText(detail.label.slice(0, VALUE_LIMIT)),
      value: cutText(detail.value, VALUE_LIMIT),
    })),
    prechatEntities: cleanJson(request.prechatEntities.slice(0, DETAILS_LIMIT)),
    receiveQueueUpdates: request.receiveQueueUpdates,
  };
}
