/** Sessions of the Chat REST API: their keys, and who a key names (live-agent-chat.md §13.4). */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { isoOf } from '../clock.js';
import { ApiError } from '../errors.js';
import type { Tx } from '../store/database.js';
import type { FloorContext } from './context.js';
import type { VisitorSession } from './floor.js';
import { unavailableWhenAway } from './work.js';

/** What a key opens. `chat` is there once a chat was requested. */
export interface KnownSession {
  readonly id: string;
  readonly postEpoch: number;
  /** Given with the epoch: whoever sends another one may know of a newer epoch than is remembered here. */
  readonly affinityToken: string;
  readonly chat: { readonly id: number; readonly visitorName: string } | undefined;
}

export interface VisitorSessions {
  create(): Promise<VisitorSession>;
  /** The session of a key, ended or not; INVALID_SESSION_ID if there is none. */
  find(key: string): Promise<KnownSession>;
  forget(key: string): void;
  /** Reads what is remembered anew; one after the other, so that what is said then keeps its order. */
  refresh(key: string): Promise<KnownSession>;
}

/** Seconds; the integer seen everywhere. */
const CLIENT_POLL_TIMEOUT = 40;
const KEY_LIMIT = 200;
/** Sessions remembered with their chat, so that a line needs one statement. */
const REMEMBERED = 50_000;

/** A session as it is now, for a unit of work that may request its chat or end it. */
export async function sessionState(
  tx: Tx,
  sessionId: string,
): Promise<{ readonly chat_id: number | null; readonly closing: boolean } | undefined> {
  const [session] = await tx.query<{ chat_id: number | null; closing: boolean }>(
    'SELECT chat_id, closing FROM visitor_session WHERE id = $1',
    [sessionId],
    'floor.sessionState',
  );
  return session;
}

/** Body text and status of §13.5. */
export function noSession(): ApiError {
  return new ApiError('INVALID_SESSION_ID', 'Session required but was invalid or not found', { status: 403 });
}

export function createVisitorSessions(context: FloorContext): VisitorSessions {
  const remembered = new Map<string, KnownSession>();
  const finding = new Map<string, Promise<KnownSession>>();
  const refreshing = new Map<string, Promise<KnownSession>>();

  async function read(key: string): Promise<KnownSession> {
    const id = key.length <= KEY_LIMIT ? key.split('!', 1)[0] : undefined;
    if (!id || id === key) throw noSession();
    const [row] = await unavailableWhenAway(
      context.db.query<{
        id: string;
        post_epoch: number;
        affinity_token: string;
        chat_id: number | null;
        visitor_name: string | null;
      }>(
        `SELECT s.id, s.post_epoch, s.affinity_token, s.chat_id, c.request->>'visitorName' AS visitor_name
           FROM visitor_session s LEFT JOIN chat c ON c.id = s.chat_id WHERE s.id = $1 AND s.key_hash = $2`,
        [id, hashOf(key)],
        'floor.findSession',
      ),
    );
    if (!row) throw noSession();
    const session: KnownSession = {
      id: row.id,
      postEpoch: row.post_epoch,
      affinityToken: row.affinity_token,
      chat: row.chat_id === null ? undefined : { id: row.chat_id, visitorName: row.visitor_name ?? '' },
    };
    if (session.chat) {
      if (remembered.size >= REMEMBERED) remembered.clear();
      remembered.set(key, session);
    }
    return session;
  }

  return {
    async create() {
      const now = await unavailableWhenAway(context.clock.now());
      const id = randomUUID();
      const key = `${id}!${now}!${randomBytes(20).toString('base64')}`;
      const affinityToken = randomBytes(4).toString('hex');
      await unavailableWhenAway(
        context.db.query(
          `WITH s AS (
             INSERT INTO visitor_session (id, key_hash, affinity_token, created_at) VALUES ($1, $2, $3, $4)
             RETURNING id, created_at)
           INSERT INTO visitor_contact (session_id, contact_at) SELECT s.id, s.created_at FROM s`,
          [id, hashOf(key), affinityToken, isoOf(now)],
          'floor.createSession',
        ),
      );
      return { id, key, affinityToken, clientPollTimeout: CLIENT_POLL_TIMEOUT };
    },
    find(key) {
      const known = remembered.get(key) ?? finding.get(key);
      if (known) return known instanceof Promise ? known : Promise.resolve(known);
      // One question for all who ask at once: it also keeps the order of what they then say.
      const found = read(key).finally(() => finding.delete(key));
      finding.set(key, found);
      return found;
    },
    forget: (key) => remembered.delete(key),
    refresh(key) {
      const before = refreshing.get(key)?.catch(() => undefined) ?? Promise.resolve();
      const refreshed = before
        .then(() => read(key))
        .finally(() => {
          if (refreshing.get(key) === refreshed) refreshing.delete(key);
        });
      refreshing.set(key, refreshed);
      return refreshed;
    },
  };
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
