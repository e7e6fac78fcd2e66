/** What a transcript tells of its conversation's rhythm (live-agent-chat.md §12.1). Pure; milliseconds in, seconds out. */
import { wholeSeconds } from './session-figures.js';

/** A line, as far as it counts. */
export interface SpokenLine {
  readonly kind: string;
  readonly at: number;
}

export interface ConversationFigures {
  readonly OperatorMessageCount: number;
  readonly VisitorMessageCount: number;
  readonly AverageResponseTimeOperator: number | null;
  readonly MaxResponseTimeOperator: number | null;
  readonly AverageResponseTimeVisitor: number | null;
  readonly MaxResponseTimeVisitor: number | null;
}

/**
 * A response time runs from the first unanswered line of one side to the next line of the other. What the visitor said
 * before the chat was established is answered from that moment on.
 */
export function conversationFigures(
  lines: readonly SpokenLine[],
  establishedAt: number | null,
): ConversationFigures {
  const waits = { visitor: [] as number[], agent: [] as number[] };
  const counts = { visitor: 0, agent: 0 };
  /** Who spoke last without an answer, and since when. */
  let open: { by: 'visitor' | 'agent'; since: number } | undefined;
  for (const { kind, at } of lines) {
    if (kind !== 'visitor' && kind !== 'agent') continue;
    counts[kind] += 1;
    const since = Math.max(at, establishedAt ?? at);
    if (open && open.by !== kind) {
      waits[kind].push(Math.max(0, at - open.since));
      open = { by: kind, since };
    }
    open ??= { by: kind, since };
  }
  return {
    OperatorMessageCount: counts.agent,
    VisitorMessageCount: counts.visitor,
    AverageResponseTimeOperator: average(waits.agent),
    MaxResponseTimeOperator: most(waits.agent),
    AverageResponseTimeVisitor: average(waits.visitor),
    MaxResponseTimeVisitor: most(waits.visitor),
  };
}

function average(times: readonly number[]): number | null {
  return times.length === 0 ? null : wholeSeconds(times.reduce((sum, ms) => sum + ms, 0) / times.length);
}

function most(times: readonly number[]): number | null {
  return times.length === 0 ? null : wholeSeconds(Math.max(...times));
}
