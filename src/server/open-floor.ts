/** The floor of this process on an open house; the server runs one, and a command may for a moment. */
import type { Access } from '../access/access.js';
import type { SupervisedFloor } from '../chat/board-views.js';
import type { FloorLog } from '../chat/context.js';
import { createFloor } from '../chat/create-floor.js';
import type { HintCarrier } from '../chat/wakeups.js';
import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import { ApiError } from '../errors.js';
import { automatedCaller } from '../first-start.js';
import type { House } from './open-house.js';

export interface FloorOptions {
  readonly house: House;
  readonly access: Access;
  readonly clock: Clock;
  readonly config: Pick<Config, 'graceMs' | 'heartbeatMs' | 'contactFlushMs' | 'uploadLimitBytes'>;
  readonly log: FloorLog;
  readonly hints?: HintCarrier | undefined;
}

/** Registers this process on the floor; `stop` takes it off again, logins stay. */
export async function openFloor({
  house,
  access,
  clock,
  config,
  log,
  hints,
}: FloorOptions): Promise<SupervisedFloor> {
  const { graceMs, heartbeatMs, contactFlushMs, uploadLimitBytes } = config;
  return createFloor({
    db: house.db,
    clock,
    log,
    ...(hints === undefined ? {} : { hints }),
    settings: { graceMs, heartbeatMs, contactFlushMs, uploadLimitBytes },
    systemCaller: await automatedCaller(house.db),
    callerFor: async (userId) => {
      const caller = await access.callerFor(userId);
      if (caller === undefined) throw new ApiError('INSUFFICIENT_ACCESS', 'The user is not active');
      return caller;
    },
  });
}
