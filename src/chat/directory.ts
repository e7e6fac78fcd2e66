/** What the ids in requests and chats are called: labels only, for everybody who may use the floor. */
import type { Database } from '../store/database.js';
import type { Directory, Floor, Labelled } from './floor.js';
import { unavailableWhenAway } from './work.js';

/** Of each kind, the first by label. */
const MOST = 2_000;

export function createDirectory(db: Database): Pick<Floor, 'directory'> {
  const listed = (table: string) =>
    `coalesce((SELECT jsonb_agg(jsonb_build_object('id', t.id, 'label', t.master_label) ORDER BY t.master_label, t.id)
       FROM (SELECT id, master_label FROM ${table} WHERE NOT is_deleted ORDER BY master_label, id LIMIT ${MOST}) t), '[]')`;
  return {
    async directory() {
      const [row] = await unavailableWhenAway(
        db.query<Record<keyof Directory, Labelled[]>>(
          `SELECT ${listed('so_live_chat_button')} AS buttons, ${listed('so_skill')} AS skills,
             ${listed('so_live_chat_deployment')} AS deployments`,
          [],
          'floor.directory',
        ),
      );
      return row ?? { buttons: [], skills: [], deployments: [] };
    },
  };
}
