/** `floorwalker close-floor`: ends every open login, at the end of a day or before the house is moved. */
import type { Command } from 'commander';
import { createAccess } from '../access/access.js';
import { createClock } from '../clock.js';
import { openFloor } from '../server/open-floor.js';
import { withHouse } from './with-house.js';

export function addFloorCommands(program: Command, print: (line: string) => void): void {
  program
    .command('close-floor')
    .description(
      'log every agent out: each open login gets its LiveAgentSession record, chats go back to routing',
    )
    .action(async () => {
      const ended = await withHouse(async (house, config, log) => {
        const access = await createAccess({ db: house.db, sessionSeconds: config.sessionSeconds });
        try {
          const floor = await openFloor({ house, access, clock: createClock(house.db), config, log });
          try {
            return await floor.closeFloor('shutdown');
          } finally {
            await floor.stop();
          }
        } finally {
          await access.close();
        }
      });
      print(ended === 1 ? 'Ended 1 login.' : `Ended ${ended} logins.`);
    });
}
