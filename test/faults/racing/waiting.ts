/** Requests that wait though they could go on: with everybody here and room for all, none may be left. */
import type { Queryable } from '../../../src/store/database.js';

/**
 * Sentences about them. A request may wait for ever for one reason: all who could take it have declined it, and its button
 * does not ask again.
 */
export async function forgotten(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ id: number; state: string; what: string }>(
    `SELECT c.id, c.state, concat_ws(' ', c.state, CASE WHEN c.by_choice THEN 'to be picked' END,
         'at button', c.button_id, 'for', coalesce(c.target_user_id, c.skill_ids::text), 'declined by', c.declined_by::text,
         'transfer', c.transfer::text) AS what
       FROM chat c LEFT JOIN so_live_chat_button b ON b.id = c.button_id
      WHERE c.state = 'offered' OR (c.state = 'waiting' AND (
        -- somebody could be asked
        EXISTS (SELECT FROM login l WHERE l.ended_at IS NULL AND l.routable
          AND (b.options_has_reroute_declined_request AND b.number_of_rerouting_attempts IS NULL
               OR NOT l.user_id = ANY (c.declined_by) OR (c.by_choice AND c.target_user_id IS NULL))
          AND CASE WHEN c.target_user_id IS NOT NULL THEN l.user_id = c.target_user_id
              ELSE EXISTS (SELECT FROM login_skill s WHERE s.login_id = l.id AND s.skill_id = ANY (c.skill_ids)) END)
        -- or nobody ever can be: neither a skill nor a user
        OR (c.target_user_id IS NULL AND c.skill_ids = '{}')
        -- or it waits for one agent who has refused it, while others could take it
        OR (c.target_user_id = ANY (c.declined_by) AND c.button_id IS NOT NULL)))
      ORDER BY c.id`,
  );
  return rows.map(({ id, what }) => `chat ${id} is ${what}`);
}
