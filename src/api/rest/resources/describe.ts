/** …/sobjects and …/sobjects/{T}/describe (salesforce-data-api.md §5). */
import { rightsChangedAt } from '../../../access/epoch.js';
import { describeGlobal } from '../../../records/describe-global.js';
import { describeSObject } from '../../../records/describe-sobject.js';
import type { Queryable } from '../../../store/database.js';
import { assertUnmodifiedSince, isConditional, isUnmodified } from '../conditional.js';
import {
  emptyAnswer,
  jsonAnswer,
  type RestAnswer,
  type RestContext,
  type RestDeps,
  type RestRequest,
} from '../exchange.js';
import { objectOfPath } from '../row-target.js';

export async function getSObjects(context: RestContext, request: RestRequest): Promise<RestAnswer> {
  if (await isDescribedAlready(context, request)) return emptyAnswer(304);
  return jsonAnswer(describeGlobal(context.caller, context.base));
}

export async function getDescribe(context: RestContext, request: RestRequest): Promise<RestAnswer> {
  const { caller, base, deps } = context;
  const object = objectOfPath(context, request);
  if (await isDescribedAlready(context, request)) return emptyAnswer(304);
  return jsonAnswer(describeSObject(caller, object, { base, publicUrl: deps.publicUrl() }));
}

/** When this process first looked, by its parts: another version of the program may describe otherwise. */
const FIRST_LOOK = new WeakMap<RestDeps, Promise<number>>();

/**
 * Whether nothing a describe shows has changed since If-Modified-Since, anybody's permissions included
 * (salesforce-data-api.md §5.4). Moments are rounded up: a change in the second of the last answer counts.
 */
async function isDescribedAlready({ db, deps }: RestContext, request: RestRequest): Promise<boolean> {
  if (!isConditional(request)) return false;
  let began = FIRST_LOOK.get(deps);
  if (began === undefined) {
    began = floorNow(db);
    FIRST_LOOK.set(deps, began);
    began.catch(() => FIRST_LOOK.delete(deps));
  }
  const modified = Math.max(await began, await rightsChangedAt(db));
  const rounded = Math.ceil(modified / 1000) * 1000;
  assertUnmodifiedSince(request, rounded);
  return isUnmodified(request, rounded);
}

async function floorNow(db: Queryable): Promise<number> {
  const [row] = await db.query<{ at: number }>('SELECT floor_now() AS at');
  return row?.at ?? Number.POSITIVE_INFINITY;
}
