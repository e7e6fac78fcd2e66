/**
 * Long polls (DECISIONS 6). Messages get their numbers when they are delivered; a batch that was delivered is kept in
 * the session's row until it is confirmed, so the same ack gets the same batch. Many polls share one statement, and one
 * that only confirms what this process has just delivered needs none: it is written with what comes next.
 */
import { createBatcher } from './batcher.js';
import type { FloorContext } from './context.js';
import type { VisitorMessage, VisitorPoll } from './floor.js';
import { noSession } from './visitor-sessions.js';
import { unavailableWhenAway } from './work.js';

export interface VisitorPolls {
  poll(
    sessionId: string,
    poll: {
      readonly ack?: number;
      readonly holdMs: number;
      readonly signal?: AbortSignal;
      /** The session's chat, if one was requested. */
      readonly chatId?: number;
    },
  ): Promise<VisitorPoll>;
  /** Wakes polls held or expected here for which something waits: what a missed wake-up would have said. */
  readAll(): Promise<void>;
  idle(): Promise<void>;
}

interface Take {
  readonly session_id: string;
  readonly poll: 'new' | 'next' | 'again';
  readonly token: number;
  readonly ack: number | null;
  readonly early: readonly VisitorMessage[];
  readonly late: readonly VisitorMessage[];
}

interface Taken {
  readonly ord: number;
  readonly outcome: 'batch' | 'empty' | 'superseded' | 'over';
  readonly token: number;
  readonly batch: VisitorMessage[] | null;
  readonly sequence: number;
  readonly taken_id: number;
  readonly other_node: string | null;
  /** The next poll will find something, or the session over. */
  readonly more: boolean;
}

const BATCH = 200;

export function createVisitorPolls(context: FloorContext): VisitorPolls {
  const takes = createBatcher<Take, Taken>(async (items) => {
    const asked = items.map((item, ord) => ({ ...item, ord, node: context.nodeId }));
    const rows = await unavailableWhenAway(
      asked.length === 1
        ? context.db.query<Taken>(
            'SELECT ord, outcome, token, batch, sequence, taken_id, other_node, more FROM visitor_serve_one($1)',
            [JSON.stringify(asked[0])],
            'floor.takeOne',
          )
        : context.db.query<Taken>(
            'SELECT ord, outcome, token, batch, sequence, taken_id, other_node, more FROM visitor_serve($1)',
            [JSON.stringify(asked)],
            'floor.take',
          ),
    );
    const results: Taken[] = new Array(items.length);
    for (const row of rows) results[row.ord] = row;
    return results;
  }, BATCH);

  return {
    async poll(sessionId, { ack, holdMs, signal, chatId }) {
      const waiter = context.waiters.begin(sessionId, holdMs, signal, chatId);
      const { last } = waiter;
      // Who confirms another number was served by another process in between; who names none may have been.
      const confirms =
        last !== undefined && (ack === undefined ? context.contacts.peers === 0 : ack === last.sequence);
      let kind: Take['poll'] = confirms ? 'next' : 'new';
      let token = confirms ? last.token : 0;
      let waits = confirms && !last.woken;
      let hasWaited = false;
      let sequence = confirms ? last.sequence : 0;
      try {
        for (;;) {
          if (waits) {
            // A poll that names no number confirms whatever its session's batch is when it looks: it looks for itself.
            const how = await waiter.wait(
              kind === 'next' && ack === undefined ? undefined : { token, sequence },
            );
            if (typeof how === 'object') {
              waiter.served(how);
              return { kind: 'batch', messages: how.batch, sequence: how.sequence, offset: how.taken_id };
            }
            if (how === 'superseded' || how === 'draining') return { kind: how };
            if (how !== 'woken') return { kind: 'empty' };
            hasWaited = true;
          }
          const transients = waiter.transients();
          const take = (poll: Take['poll']) =>
            takes.submit({ session_id: sessionId, poll, token, ack: ack ?? null, ...transients });
          let taken = await take(kind);
          if (taken.outcome === 'superseded' && kind === 'next') {
            // Another process has served the session. Before this poll came: this one is newer, which has to be said now.
            // While it waited: the newer one is there.
            context.waiters.forget(sessionId);
            if (!hasWaited) {
              kind = 'new';
              taken = await take(kind);
            }
          }
          // An older poll may be held there; it must not go on waiting for what this one will get.
          if (taken.other_node !== null) context.wakeups.send({ visitors: [sessionId] });
          if (taken.outcome === 'over') throw noSession();
          if (taken.outcome === 'superseded') return { kind: 'superseded' };
          waiter.served(taken);
          if (taken.outcome === 'batch' && taken.batch) {
            return { kind: 'batch', messages: taken.batch, sequence: taken.sequence, offset: taken.taken_id };
          }
          token = taken.token;
          sequence = taken.sequence;
          if (kind === 'new') kind = 'again';
          waits = true;
        }
      } finally {
        waiter.end();
      }
    },
    async readAll() {
      if (context.waiters.size === 0) return;
      const rows = await context.db.query<{ session_id: string }>(
        'SELECT DISTINCT session_id FROM visitor_message',
        [],
        'floor.sessionsWaiting',
      );
      context.waiters.wake(rows.map(({ session_id }) => session_id));
    },
    idle: () => takes.idle(),
  };
}
