/** `floorwalker close-floor`: ends every open login, at the end of a day or before the house is moved. */
import { createAccess } from '../access/access.js';
import { createClock } from '../clock.js';
import { openFloor } from '../server/open-floor.js';
import { withHouse } from './with-house.js';

/** Answers with the lines to print. */
export async function closeFloor(): Promise<string[]> {
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
  return [ended === 1 ? 'Ended 1 login.' : `Ended ${ended} logins.`];
}
