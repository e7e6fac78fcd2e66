/**
 * Tells other processes on the database that something waits for them. A hint and nothing more: it may be lost, so
 * everyone also looks every 2 s; it is sent after the commit, in a transaction of its own that waits for no disk, and
 * carries ids, never what was said (DECISIONS 4). The transients, which are no rows, travel in it whole.
 */
import type { Database } from '../store/database.js';
import type { AgentTransient, VisitorMessage } from './floor.js';
import type { Overheard } from './watching-state.js';

/** What may be waiting, and for whom. */
export interface Hint {
  /** Login id and its highest event id. */
  readonly agents?: readonly (readonly [loginId: number, eventId: number])[];
  /** Visitor sessions with something to deliver, or polled elsewhere now. */
  readonly visitors?: readonly string[];
  /** Users who opened a login: their other connections must look. */
  readonly users?: readonly string[];
  /** A deadline earlier than others may know. */
  readonly dueAt?: number;
  readonly agentTransients?: readonly (readonly [loginId: number, transient: AgentTransient])[];
  readonly visitorTransients?: readonly (readonly [sessionId: string, message: VisitorMessage])[];
  /** Chats supervisors watch on the process that says so. */
  readonly watching?: readonly number[];
  /** What is typed in a chat that is watched elsewhere. */
  readonly overheard?: readonly (readonly [chatId: number, overheard: Overheard])[];
}

export interface Wakeups {
  /** Gathers hints and sends them soon; nothing is sent while this process is alone. */
  send(hint: Hint): void;
  /** Sends what is gathered. */
  idle(): Promise<void>;
}

/** What carries hints between the processes of one floor. It may lose them, and says so by an empty one. */
export interface HintCarrier {
  /** Resolves when they are on their way; while that is not possible they are lost. */
  send(payloads: readonly string[]): Promise<void>;
  /** `on` gets every payload, those of this process too, and '' after some may have been missed. */
  listen(on: (payload: string) => void): Promise<() => Promise<void>>;
}

const CHANNEL = 'floor';
/** NOTIFY takes less than 8,000 bytes. */
const PAYLOAD_LIMIT = 7_900;

/** The default carrier: NOTIFY on the floor's database. */
export function notifyCarrier(db: Database): HintCarrier {
  return {
    async send(payloads) {
      await db.query(
        `SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, p) FROM unnest($2::text[]) p`,
        [CHANNEL, payloads],
        'floor.notify',
      );
    },
    listen: (on) => db.listen(CHANNEL, on),
  };
}

export function createWakeups(
  carrier: HintCarrier,
  nodeId: string,
  isAlone: () => boolean,
  onError: (error: unknown) => void,
): Wakeups & { listen(on: (hint: Hint) => void, onReconnect: () => void): Promise<() => Promise<void>> } {
  let gathered: Hint[] = [];
  let sending: Promise<void> | undefined;

  async function work(): Promise<void> {
    await Promise.resolve();
    while (gathered.length > 0) {
      const batch = gathered;
      gathered = [];
      try {
        await carrier.send(payloadsOf(nodeId, batch));
      } catch (error) {
        onError(error);
      }
    }
    sending = undefined;
  }

  return {
    send(hint) {
      if (isAlone()) return;
      gathered.push(hint);
      sending ??= work();
    },
    async idle() {
      while (sending) await sending;
    },
    listen: (on, onReconnect) =>
      carrier.listen((payload) => {
        if (payload === '') return onReconnect();
        try {
          const [from, hint] = JSON.parse(payload) as [string, Hint];
          if (from !== nodeId) on(hint);
        } catch (error) {
          onError(error);
        }
      }),
  };
}

/** One payload where all fit, else one each; what does not fit alone is left to the 2 s look. */
function payloadsOf(nodeId: string, hints: readonly Hint[]): string[] {
  const together = JSON.stringify([nodeId, merged(hints)]);
  if (Buffer.byteLength(together) <= PAYLOAD_LIMIT) return [together];
  if (hints.length === 1) return [];
  const middle = Math.ceil(hints.length / 2);
  return [...payloadsOf(nodeId, hints.slice(0, middle)), ...payloadsOf(nodeId, hints.slice(middle))];
}

function merged(hints: readonly Hint[]): Hint {
  const agents = new Map<number, number>();
  for (const hint of hints)
    for (const [login, id] of hint.agents ?? []) agents.set(login, Math.max(id, agents.get(login) ?? 0));
  const dueAts = hints.flatMap(({ dueAt }) => dueAt ?? []);
  return {
    agents: [...agents],
    visitors: [...new Set(hints.flatMap(({ visitors }) => visitors ?? []))],
    users: [...new Set(hints.flatMap(({ users }) => users ?? []))],
    agentTransients: hints.flatMap(({ agentTransients }) => agentTransients ?? []),
    visitorTransients: hints.flatMap(({ visitorTransients }) => visitorTransients ?? []),
    watching: hints.flatMap(({ watching }) => watching ?? []),
    overheard: hints.flatMap(({ overheard }) => overheard ?? []),
    ...(dueAts.length > 0 ? { dueAt: Math.min(...dueAts) } : {}),
  };
}
