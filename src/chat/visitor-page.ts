/** The page of the site a visitor looks at while chatting (NewVisitorBreadcrumb, live-agent-chat.md §13.2, §13.7). */
import { tellAgents } from './conversation-clocks.js';
import type { Work } from './work.js';

/** Both sides learn of another page; the same one again is no news. */
export async function tellPage(work: Work, chatId: number, location: string): Promise<void> {
  const chat = await work.chat(chatId);
  if (!chat || chat.state === 'ended' || location === '') return;
  const [changed] = await work.tx.query<{ chat_id: number }>(
    `INSERT INTO visitor_page (chat_id, location) VALUES ($1, $2)
     ON CONFLICT (chat_id) DO UPDATE SET location = excluded.location WHERE visitor_page.location <> excluded.location
     RETURNING chat_id`,
    [chat.id, location],
    'floor.setPage',
  );
  if (!changed) return;
  work.post(chat, { type: 'NewVisitorBreadcrumb', message: { location } });
  await tellAgents(work, chat, { type: 'breadcrumb', chatId: String(chat.id), location });
}
