/** What a noun of the Chat REST API is: a method and what it does. Shared by single calls, MultiNoun and JSONP. */

import type { Floor } from '../../chat/floor.js';
import type { Answer, Call } from './call.js';

export interface ChatRestDeps {
  readonly floor: Floor;
  /** How long a poll is held while there is nothing, real ms; 20 to 24 s suits every known client (§13.5). */
  readonly pollHoldMs: number;
  /** Base of absolute URLs, without a slash at the end. */
  readonly publicUrl: () => string;
  /** Multiplies every rate limit; default 1. Measurements and simulations at speed need more. */
  readonly rateFactor?: number;
}

export interface Noun {
  readonly method: 'GET' | 'POST' | 'DELETE';
  act(call: Call, deps: ChatRestDeps): Promise<Answer>;
}
