/**
 * Sensitive-data rules at the moment something is said: what is stored and delivered is the masked text and nothing else.
 * That a line was masked is kept beside it and becomes an event of the transcript (live-agent-chat.md §12.2); it takes no
 * floor lock, like the line itself.
 */
import { isoOf } from '../clock.js';
import type { FloorContext } from './context.js';
import type { Journal, JournalItem, JournalResult } from './journal.js';
import type { Speaker } from './safety-rules.js';
import { unavailableWhenAway } from './work.js';

/** Stores a line as the rules leave it. They look at what people write, not at notices or what programs exchange. */
export async function writeMasked(
  context: FloorContext,
  journal: Journal,
  item: JournalItem,
): Promise<JournalResult> {
  const { kind } = item;
  if (kind === 'system' || kind === 'custom') return journal.write(item);
  const { text, rules } = context.safety.mask(kind, item.text);
  if (rules.length === 0) return journal.write(item);
  const { visitorMessage } = item;
  const result = await journal.write({
    ...item,
    text,
    visitorMessage: visitorMessage && {
      ...visitorMessage,
      message: { ...visitorMessage.message, text },
    },
  });
  if (result.outcome !== 'closed') {
    const { sequence, at } = result.line;
    await noteMasked(context, { ...item, line: sequence, at, speaker: kind, rules });
  }
  return result;
}

/** Most events of this kind one chat may have. */
const MOST_NOTED = 500;
/** Most characters of the rules' names in one event: LiveChatTranscriptEvent.Detail. */
const DETAIL_LIMIT = 255;

/** Keeps that rules were triggered; said twice of one line, kept once. After the transcript nothing is kept any more. */
export async function noteMasked(
  context: FloorContext,
  hit: {
    readonly chatId: number;
    /** Sequence of the line; null: the speaker's own client masked it before it was sent. */
    readonly line: number | null;
    readonly at: number;
    readonly speaker: Speaker;
    readonly userId: string | null;
    readonly rules: readonly string[];
  },
): Promise<void> {
  await unavailableWhenAway(
    context.db.query(
      `INSERT INTO sensitive_data_hit (chat_id, line, at, kind, user_id, rules)
       SELECT c.id, $2, $3, $4, $5, $6 FROM chat c WHERE c.id = $1 AND c.transcript_id IS NULL
          AND (SELECT count(*) FROM sensitive_data_hit h WHERE h.chat_id = c.id) < ${MOST_NOTED}
         FOR KEY SHARE OF c
       ON CONFLICT DO NOTHING`,
      [
        hit.chatId,
        hit.line,
        isoOf(hit.at),
        hit.speaker,
        hit.userId,
        hit.rules.join(', ').slice(0, DETAIL_LIMIT),
      ],
      'floor.noteMasked',
    ),
  );
}
