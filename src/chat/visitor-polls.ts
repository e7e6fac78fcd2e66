/**
 * Long polls (DECISIONS 6). Messages get their numbers when they are delivered; a batch that was delivered is kept in
 * the session's row until it is confirmed, so the same ack gets the same batch. Many polls share one statement.
 */
import { createBatcher } from './batcher.js';
import type { FloorContext } from './context.js';
import type { VisitorMessage, VisitorPoll } from './floor.js';
import { noSession } from './visitor-sessions.js';
import { unavailableWhenAway } from './work.js';

export interface VisitorPolls {
  poll(
    sessionId: string,
    poll: { readonly ack?: number; readonly holdMs: number; readonly signal?: AbortSignal },
  ): Promise<VisitorPoll>;
  /** Wakes polls held here for which something waits: what a missed wake-up would have said. */
  readAll(): Promise<void>;
  idle(): Promise<void>;
}

interface Take {
  readonly session_id: string;
  readonly poll: 'new' | 'again';
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
}

const BATCH = 200;

export function createVisitorPolls(context: FloorContext): VisitorPolls {
  const takes = createBatcher<Take, Taken>(async (items) => {
    const rows = await unavailableWhenAway(
      context.db.query<Taken>(
        'SELECT ord, outcome, token, batch, sequence, taken_id, other_node FROM visitor_take($1)',
        [JSON.stringify(items.map((item, ord) => ({ ...item, ord, node: context.nodeId })))],
        'floor.take',
      ),
    );
    const results: Taken[] = new Array(items.length);
    for (const row of rows) results[row.ord] = row;
    return results;
  }, BATCH);

  return {
    async poll(sessionId, { ack, holdMs, signal }) {
      const waiter = context.waiters.begin(sessionId, holdMs, signal);
      try {
        let token: number | undefined;
        for (;;) {
          const taken = await takes.submit({
            session_id: sessionId,
            poll: token === undefined ? 'new' : 'again',
            token: token ?? 0,
            ack: ack ?? null,
            ...waiter.transients(),
          });
          // An older poll may be held there; it must not go on waiting for what this one will get.
          if (taken.other_node !== null) context.wakeups.send({ visitors: [sessionId] });
          if (taken.outcome === 'over') throw noSession();
          if (taken.outcome === 'superseded') return { kind: 'superseded' };
          if (taken.outcome === 'batch' && taken.batch) {
            return { kind: 'batch', messages: taken.batch, sequence: taken.sequence, offset: taken.taken_id };
          }
          token = taken.token;
          const how = await waiter.wait();
          if (how === 'superseded' || how === 'draining') return { kind: how };
          if (how !== 'woken') return { kind: 'empty' };
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
