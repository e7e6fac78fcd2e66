/** What a supervisor's client may look at, apart from floor.ts, which these views are built on. */
import type { Boards } from './board.js';
import type { Floor } from './floor.js';
import type { Watching } from './watching.js';

/** Whoever calls has checked that the user may supervise (all but `agentSneakPeek`, which is the agent's own). */
export type SupervisorViews = Pick<Boards, 'watchBoard'> & Pick<Watching, 'watchChat' | 'agentSneakPeek'>;

/** A floor that can be looked at. */
export interface SupervisedFloor extends Floor {
  readonly views: SupervisorViews;
}
