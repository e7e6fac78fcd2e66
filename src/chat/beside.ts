/** What belongs to a chat beside its lines, as agents in it see it: the files it was about, and the visitor's page. */
import type { Queryable } from '../store/database.js';
import type { Beside } from './summary.js';

/**
 * Every file asked for in chat `c`, the oldest first, as FileTransfer (floor-conversation.ts). Whether the visitor has begun to
 * send is nobody's business.
 */
export const FILES = `coalesce((SELECT jsonb_agg(jsonb_build_object('transferId', f.id, 'state',
    CASE f.state WHEN 'uploading' THEN 'requested' ELSE f.state END, 'name', f.name, 'contentType', f.content_type,
    'size', f.size, 'requestedAt', epoch_ms(f.requested_at)) ORDER BY f.requested_at, f.id)
  FROM file_transfer f WHERE f.chat_id = c.id), '[]')`;

export async function besideOf(db: Queryable, chatId: number): Promise<Beside> {
  const [row] = await db.query<Beside>(
    `SELECT ${FILES} AS files, (SELECT g.location FROM visitor_page g WHERE g.chat_id = c.id) AS location
       FROM chat c WHERE c.id = $1`,
    [chatId],
    'floor.beside',
  );
  if (!row) throw new Error(`no chat ${chatId}`);
  return row;
}
