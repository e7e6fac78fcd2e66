/** What a start does before it serves anybody: the first start's rows, then the demo's if it is one. */
import type { Config } from './config.js';
import { DEMO_ADMIN_USERNAME, demoLines, seedDemoOrg } from './demo-org.js';
import { firstStart, firstStartLines } from './first-start.js';
import type { Database } from './store/database.js';

export interface PreparedOrganization {
  readonly organizationId: string;
  /** The user in whose name the server itself acts: owner of missed chats, author of automatic changes. */
  readonly automatedProcessUserId: string;
  /** What to print whatever the log level; `url` is where clients reach the server. */
  lines(url: string): string[];
}

/** Safe at every start of every node. Migrations must have run. */
export async function prepareOrganization(
  db: Database,
  config: Pick<Config, 'demo' | 'demoPassword' | 'adminPassword'>,
): Promise<PreparedOrganization> {
  const first = await firstStart(
    db,
    config.demo
      ? {
          adminUsername: DEMO_ADMIN_USERNAME,
          adminPassword: config.demoPassword,
          organizationName: 'Floorwalker Demo',
        }
      : { adminPassword: config.adminPassword },
  );
  const demo = config.demo ? await seedDemoOrg(db, config.demoPassword) : undefined;
  return {
    organizationId: first.organizationId,
    automatedProcessUserId: first.automatedProcessUserId,
    lines: (url) => (demo === undefined ? firstStartLines(first) : demoLines(demo, url)),
  };
}
