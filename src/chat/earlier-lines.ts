/**
 * Lines of a running chat from before those a snapshot begins with, for who is in it and for who may supervise: both read
 * whispers, the visitor never gets here. A line is given as it is stored, masked as it was when it was said.
 */
import { ApiError } from '../errors.js';
import type { Database } from '../store/database.js';
import { parseNumber } from './entities.js';
import type { ChatLine, Floor } from './floor.js';
import { unavailableWhenAway } from './work.js';

/** Lines one question gives at most. */
export const LINES_A_PAGE = 200;

interface Row {
  readonly isOver: boolean;
  readonly isIn: boolean;
  readonly wasIn: boolean;
  readonly lines: readonly ChatLine[] | null;
}

export function createEarlierLines(db: Database): Pick<Floor, 'linesBefore'> {
  return {
    async linesBefore({ userId, maySupervise }, { chatId, beforeSequence, limit }) {
      const number = parseNumber(chatId);
      const [row] =
        number === undefined
          ? []
          : await unavailableWhenAway(
              db.query<Row>(
                `SELECT r."isOver", r."isIn", r."wasIn",
                   CASE WHEN NOT r."isOver" AND (r."isIn" OR $3) THEN coalesce((
                     SELECT jsonb_agg(p.line ORDER BY p.sequence) FROM (
                       SELECT chat_line(m) AS line, m.sequence FROM chat_message m
                        WHERE m.chat_id = r.id AND m.sequence < $4::bigint ORDER BY m.sequence DESC LIMIT $5) p), '[]') END AS lines
                 FROM (SELECT c.id, c.state = 'ended' AS "isOver",
                     EXISTS (SELECT FROM engagement e WHERE e.chat_id = c.id AND e.user_id = $2 AND e.ended_at IS NULL) AS "isIn",
                     EXISTS (SELECT FROM engagement e WHERE e.chat_id = c.id AND e.user_id = $2) AS "wasIn"
                   FROM chat c WHERE c.id = $1) r`,
                [number, userId, maySupervise, beforeSequence, Math.min(limit, LINES_A_PAGE)],
                'floor.linesBefore',
              ),
            );
      if (row?.lines) return row.lines;
      if (!row?.wasIn) throw new ApiError('NOT_FOUND', `no running chat ${chatId}`);
      throw new ApiError(
        'INVALID_OPERATION',
        row.isOver ? `chat ${chatId} is over` : `the agent is not in chat ${chatId}`,
      );
    },
  };
}
