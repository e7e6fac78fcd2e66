/**
 * The fields of an object a caller may read, by name: made once for a snapshot of rights, because a statement asks for
 * dozens of them. A snapshot never changes; a change of rights makes another one.
 */
import type { AccessSnapshot, Caller } from '../access/caller.js';
import type { FieldDescription, SObjectDescription } from '../objects/language.js';
import { fieldsAt } from '../objects/registry.js';
import { nameObject } from './name-object.js';

/** Under the name as described and in lower case; ask `fieldNamed`. */
export type ReadableFields = ReadonlyMap<string, FieldDescription>;

type FieldsOfObjects = Map<SObjectDescription, ReadableFields>;

const KNOWN = new WeakMap<AccessSnapshot, Map<number, FieldsOfObjects>>();

/** The fields of an object that exist for this caller: known to the API version and not hidden by permissions. */
export function readableFields(
  { access, apiVersion }: Pick<Caller, 'access' | 'apiVersion'>,
  object: SObjectDescription,
): ReadableFields {
  let versions = KNOWN.get(access);
  if (versions === undefined) {
    versions = new Map();
    KNOWN.set(access, versions);
  }
  let objects = versions.get(apiVersion);
  if (objects === undefined) {
    objects = new Map();
    versions.set(apiVersion, objects);
  }
  let fields = objects.get(object);
  if (fields === undefined) {
    fields = gather(access, apiVersion, object);
    objects.set(object, fields);
  }
  return fields;
}

/** The Name object has no permissions of its own: who may read the reference may read whom it names. */
function gather(access: AccessSnapshot, apiVersion: number, object: SObjectDescription): ReadableFields {
  const fields = new Map<string, FieldDescription>();
  for (const field of fieldsAt(object, apiVersion)) {
    if (object !== nameObject && !access.field(object.name, field.name).read) continue;
    fields.set(field.name, field);
    fields.set(field.name.toLowerCase(), field);
  }
  return fields;
}

/** The field of that name, in any case. */
export const fieldNamed = (fields: ReadableFields, name: string): FieldDescription | undefined =>
  fields.get(name) ?? fields.get(name.toLowerCase());
