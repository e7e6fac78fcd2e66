/** The object a call names, as far as the caller may know it. */
import type { Caller } from '../../access/caller.js';
import { ApiError } from '../../errors.js';
import type { SObjectDescription } from '../../objects/language.js';
import { findObject } from '../../objects/registry.js';
import { noSuchType } from '../../query/scope.js';
import { isVisibleTo } from '../../records/describe-flags.js';

/** @throws ApiError INVALID_TYPE for an unknown or hidden object */
export function visibleObject(caller: Caller, name: string): SObjectDescription {
  const object = knownObject(caller, name);
  if (isVisibleTo(caller, object)) return object;
  throw unknownType(name);
}

/** Hidden objects too: whether they may be written is the record engine's question. Throws INVALID_TYPE. */
export function knownObject(caller: Caller, name: string): SObjectDescription {
  const object = findObject(name.trim(), caller.apiVersion);
  if (object === undefined) throw unknownType(name);
  return object;
}

function unknownType(name: string): ApiError {
  return new ApiError('INVALID_TYPE', noSuchType(name.trim().slice(0, 255)));
}
