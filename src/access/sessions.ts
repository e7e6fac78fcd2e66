/**
 * Sessions: an access token names one, and it lives until nobody has used it for the time set. Every request asks for
 * its caller here, so the answer is kept for at most a second; the last use is gathered and written down each second,
 * all sessions in one statement (DECISIONS 8).
 */
import { randomUUID } from 'node:crypto';
import { ApiError } from '../errors.js';
import { loadCustomFields } from '../store/custom-fields.js';
import type { Database } from '../store/database.js';
import type { Caller } from './caller.js';
import { ACCESS_CHANNEL, MAX_SNAPSHOT_AGE_MS } from './epoch.js';
import { createSnapshots } from './snapshot.js';
import { hashToken, isTokenText, sessionIdOf } from './tokens.js';

const FLUSH_INTERVAL_MS = 1_000;
const MAX_CACHED_SESSIONS = 20_000;
/** Rows of servers that stopped without a word, and of sessions long over, go after this many seconds. */
const NODE_FORGOTTEN_SECONDS = 60;
const SWEEP_EVERY_FLUSHES = 600;

/** The newest API version served: that of the server's own callers. */
export const NEWEST_API_VERSION = 68;

export interface SessionsOptions {
  readonly db: Database;
  /** A session unused for so long is over. */
  readonly sessionSeconds: number;
  /** How long an answer is kept; only tests set it, to see a change at once. */
  readonly cacheMs?: number | undefined;
  /** Told when the sessions cannot be written down; the next flush tries again. */
  readonly onFlushError?: ((error: unknown) => void) | undefined;
}

export interface Sessions {
  /** Whose token it is. Throws INVALID_SESSION_ID for a token unknown, expired or revoked, or a user no longer active. */
  authenticate(token: string, apiVersion: number): Promise<Caller>;
  /** The caller of work the server does for a user, signed in or not; undefined if there is no such active user. */
  callerFor(userId: string): Promise<Caller | undefined>;
  /** Looks whether rights or fields changed and lets the next `authenticate` rest on what is so now. */
  catchUp(): Promise<void>;
  /** Forgets what is known here, so that the next call reads the rows again. */
  forget(): void;
  /** Writes the gathered last uses down now. */
  flush(): Promise<void>;
  /** Flushes, stops listening and says that this server is gone. */
  close(): Promise<void>;
}

interface SessionRow {
  readonly user_id: string;
  readonly organization_id: string;
  readonly username: string;
  readonly profile_id: string;
  readonly time_zone: string | null;
  readonly locale: string | null;
  readonly language: string | null;
  readonly epoch: number;
  readonly now: number;
}

const USER_COLUMNS = `u.id AS user_id, o.id AS organization_id, u.username, u.profile_id,
         u.time_zone_sid_key AS time_zone, u.locale_sid_key AS locale, u.language_locale_key AS language,
         (SELECT epoch FROM access_epoch) AS epoch, (SELECT floor_now()) AS now`;

const SESSION = `
  SELECT ${USER_COLUMNS}
    FROM access_token t JOIN so_user u ON u.id = t.user_id LEFT JOIN credential c ON c.user_id = u.id
   CROSS JOIN so_organization o
   WHERE t.hash = $1 AND t.last_used_at > (SELECT floor_now()) - make_interval(secs => $2)
     AND u.is_active AND coalesce(NOT c.is_frozen, true)`;

const USER = `
  SELECT ${USER_COLUMNS} FROM so_user u CROSS JOIN so_organization o WHERE u.id = $1 AND u.is_active`;

type Who = Omit<Caller, 'apiVersion'>;

/** What clients recognise an expired session by; REST's words, SOAP adds its own (salesforce-data-api.md §19.2). */
export function invalidSession(): ApiError {
  return new ApiError('INVALID_SESSION_ID', 'Session expired or invalid');
}

export async function createSessions(options: SessionsOptions): Promise<Sessions> {
  const { db, sessionSeconds } = options;
  const cacheMs = Math.min(options.cacheMs ?? MAX_SNAPSHOT_AGE_MS, MAX_SNAPSHOT_AGE_MS);
  const nodeId = randomUUID();
  const snapshots = createSnapshots(db);
  let cache = new Map<string, { who: Promise<Who | undefined>; until: number }>();
  let touched = new Map<string, Buffer>();
  let passedEpoch = 0;
  /** What this server's row in access_node says at least. */
  let saidEpoch = 0;
  let flushes = 0;
  let flushing: Promise<void> = Promise.resolve();

  /** From here on nothing this server does rests on rights older than `epoch`. */
  function pass(epoch: number): void {
    if (epoch <= passedEpoch) return;
    forget();
    passedEpoch = epoch;
  }

  async function whoIs(row: SessionRow, sessionId: string): Promise<Who> {
    pass(row.epoch);
    const access = await snapshots.get({
      userId: row.user_id,
      profileId: row.profile_id,
      epoch: row.epoch,
      now: row.now,
    });
    return {
      userId: row.user_id,
      organizationId: row.organization_id,
      profileId: row.profile_id,
      username: row.username,
      timeZone: row.time_zone ?? 'GMT',
      locale: row.locale ?? 'en_US',
      language: row.language ?? 'en_US',
      access,
      sessionId,
    };
  }

  async function load(hash: Buffer): Promise<Who | undefined> {
    const [row] = await db.query<SessionRow>(SESSION, [hash, sessionSeconds], 'access.session');
    if (row === undefined) return undefined;
    const sessionId = sessionIdOf(hash);
    touched.set(sessionId, hash);
    return whoIs(row, sessionId);
  }

  function remember(key: string, hash: Buffer): Promise<Who | undefined> {
    // counted from before the question, so an answer is never older than it looks
    const entry = { who: load(hash), until: performance.now() + cacheMs };
    if (cache.size >= MAX_CACHED_SESSIONS) cache.clear();
    const current = cache;
    current.set(key, entry);
    entry.who.then(
      (who) => who === undefined && current.delete(key),
      () => current.delete(key),
    );
    return entry.who;
  }

  function forget(): void {
    cache = new Map();
  }

  async function write(): Promise<void> {
    const hashes = [...touched.values()];
    const epoch = passedEpoch;
    touched = new Map();
    flushes++;
    try {
      await db.tx(async (tx) => {
        await tx.query('SET LOCAL synchronous_commit = off');
        if (hashes.length > 0) {
          await tx.query(
            `UPDATE access_token SET last_used_at = greatest(last_used_at, (SELECT floor_now()))
              WHERE hash = ANY ($1)`,
            [hashes],
          );
        }
        await tx.query(
          `INSERT INTO access_node (node_id, epoch, seen_at) VALUES ($1, $2, (SELECT floor_now()))
           ON CONFLICT (node_id) DO UPDATE SET
             epoch = greatest(access_node.epoch, excluded.epoch), seen_at = excluded.seen_at`,
          [nodeId, epoch],
        );
        if (flushes % SWEEP_EVERY_FLUSHES === 0) await sweep(tx, sessionSeconds);
      });
      saidEpoch = Math.max(saidEpoch, epoch);
    } catch (error) {
      for (const hash of hashes) touched.set(sessionIdOf(hash), hash);
      throw error;
    }
  }

  function flush(): Promise<void> {
    flushing = flushing.catch(() => undefined).then(write);
    return flushing;
  }

  /** Another server, or this one, changed rights or ended a session: nothing known before counts any more. */
  async function onRightsChanged(payload: string): Promise<void> {
    forget();
    const epoch = Number(payload);
    if (Number.isSafeInteger(epoch)) pass(epoch);
    if (saidEpoch >= passedEpoch) return;
    const said = passedEpoch;
    // whoever added a field waits for this server to know it, signed-in users or not
    await loadCustomFields(db);
    await db.query('UPDATE access_node SET epoch = greatest(epoch, $2) WHERE node_id = $1', [nodeId, said]);
    saidEpoch = Math.max(saidEpoch, said);
  }

  const onError = options.onFlushError ?? (() => undefined);
  const [epochRow] = await db.query<{ epoch: number }>('SELECT epoch FROM access_epoch');
  passedEpoch = epochRow?.epoch ?? 0;
  await flush();
  const unlisten = await db.listen(ACCESS_CHANNEL, (payload) => void onRightsChanged(payload).catch(onError));
  const timer = setInterval(() => void flush().catch(onError), FLUSH_INTERVAL_MS);
  timer.unref();

  return {
    async authenticate(token, apiVersion) {
      if (!isTokenText(token)) throw invalidSession();
      const hash = hashToken(token);
      const key = hash.toString('base64');
      const known = cache.get(key);
      const who = await (known !== undefined && known.until > performance.now()
        ? known.who
        : remember(key, hash));
      if (who === undefined) throw invalidSession();
      return { ...who, apiVersion };
    },
    async callerFor(userId) {
      const [row] = await db.query<SessionRow>(USER, [userId], 'access.user');
      return row === undefined ? undefined : { ...(await whoIs(row, '')), apiVersion: NEWEST_API_VERSION };
    },
    async catchUp() {
      const [row] = await db.query<{ epoch: number }>('SELECT epoch FROM access_epoch', [], 'access.epoch');
      pass(row?.epoch ?? 0);
    },
    forget,
    flush,
    async close() {
      clearInterval(timer);
      await unlisten();
      await flush().catch(onError);
      await db.query('DELETE FROM access_node WHERE node_id = $1', [nodeId]).catch(onError);
    },
  };
}

/** Removes sessions and servers that are long gone. */
async function sweep(tx: Pick<Database, 'query'>, sessionSeconds: number): Promise<void> {
  await tx.query(
    'DELETE FROM access_token WHERE last_used_at < (SELECT floor_now()) - make_interval(secs => $1)',
    [sessionSeconds],
  );
  await tx.query('DELETE FROM access_node WHERE seen_at < (SELECT floor_now()) - make_interval(secs => $1)', [
    NODE_FORGOTTEN_SECONDS,
  ]);
}
