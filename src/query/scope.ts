/**
 * Names -> sources and fields, for one query and one caller: aliases, parent paths up to five levels, hidden fields.
 * A name the caller may not see does not exist (salesforce-data-api.md §15.6, §22).
 */
import type { Caller } from '../access/caller.js';
import type { FieldDescription, SObjectDescription } from '../objects/language.js';
import { fieldOf, findObject } from '../objects/registry.js';
import type { ColumnValue, Source } from './checked.js';
import { semanticError } from './errors.js';
import { isPolymorphic, nameObject, PRINCIPAL_TYPES } from './name-object.js';
import { fieldNamed, readableFields } from './readable-fields.js';
import type { Lexed } from './tokens.js';

const PARENT_LEVELS_MAX = 5;
const PARENTS_MAX = 55;

export interface Scope {
  readonly lexed: Lexed;
  readonly caller: Caller;
  readonly root: Source;
  readonly sources: Source[];
  /** Lower-case names that stand for a source at the start of a path. */
  readonly aliases: Map<string, Source>;
  /** Sources whose per-user fields are asked for. */
  readonly viewed: Set<Source>;
}

const SUPPORT_HINT = 'Please reference your WSDL or the describe call for the appropriate names.';

export const noSuchColumn = (name: string, entity: string): string =>
  `No such column '${name}' on entity '${entity}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. ${SUPPORT_HINT}`;

export const noSuchType = (name: string): string =>
  `sObject type '${name}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. ${SUPPORT_HINT}`;

export const noSuchRelationship = (name: string, where: string): string =>
  `Didn't understand relationship '${name}' in ${where}. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. ${SUPPORT_HINT}`;

/** The object a caller may query under a name; undefined when there is none for this caller. */
export function queryableObject(caller: Caller, name: string): SObjectDescription | undefined {
  const object = findObject(name, caller.apiVersion);
  if (object === undefined || !object.flags.includes('queryable') || !caller.access.object(object.name).read)
    return undefined;
  return object;
}

export function openScope(lexed: Lexed, caller: Caller, object: SObjectDescription): Scope {
  const root: Source = {
    index: 0,
    kind: 'root',
    object,
    fields: readableFields(caller, object),
    parent: undefined,
    via: undefined,
    optional: false,
  };
  return {
    lexed,
    caller,
    root,
    sources: [root],
    aliases: new Map([[object.name.toLowerCase(), root]]),
    viewed: new Set(),
  };
}

/** The field a caller may read under a name; undefined when there is none for this caller. */
export function readableField(
  caller: Caller,
  object: SObjectDescription,
  name: string,
): FieldDescription | undefined {
  return fieldNamed(readableFields(caller, object), name);
}

/** Resolves a dotted path to a field. */
export function resolve(scope: Scope, path: string, at: number, from: Source = scope.root): ColumnValue {
  if (!path.includes('.')) return columnOf(scope, from, path, at);
  const { source, name } = walk(scope, path, at, from);
  return columnOf(scope, source, name, at);
}

/** Resolves all of a path but its last part. */
export function walk(
  scope: Scope,
  path: string,
  at: number,
  from: Source = scope.root,
): { source: Source; name: string } {
  const parts = path.split('.');
  const name = parts.pop() as string;
  const alias =
    from === scope.root && parts.length > 0
      ? scope.aliases.get((parts[0] as string).toLowerCase())
      : undefined;
  let source = alias ?? from;
  for (const part of alias === undefined ? parts : parts.slice(1)) source = parentOf(scope, source, part, at);
  return { source, name };
}

/** The source a relationship name leads to; the same relationship is one source however often it is named. */
export function parentOf(scope: Scope, child: Source, relationship: string, at: number): Source {
  const wanted = relationship.toLowerCase();
  const known = scope.sources.find(
    (source) =>
      source.parent === child &&
      source.kind !== 'typed' &&
      source.via?.relationshipName?.toLowerCase() === wanted,
  );
  if (known !== undefined) return known;
  const via = child.object.fields.find(
    (field) => field.relationshipName?.toLowerCase() === wanted && child.fields.has(field.name),
  );
  if (via === undefined)
    throw semanticError('INVALID_FIELD', scope.lexed, at, noSuchRelationship(relationship, 'field path'));
  return addParent(scope, child, via, at, relationship);
}

function addParent(
  scope: Scope,
  child: Source,
  via: FieldDescription,
  at: number,
  relationship: string,
): Source {
  let levels = 1;
  for (let up = child; up.parent !== undefined; up = up.parent) levels++;
  if (levels > PARENT_LEVELS_MAX) {
    throw semanticError(
      'MALFORMED_QUERY',
      scope.lexed,
      at,
      `SOQL statements cannot query aggregate relationships more than ${PARENT_LEVELS_MAX} levels away from the root entity object.`,
    );
  }
  const optional = child.optional || via.properties.includes('Nillable');
  if (isPolymorphic(via)) {
    if (!via.referenceTo?.every((type) => PRINCIPAL_TYPES.has(type))) {
      throw semanticError(
        'MALFORMED_QUERY',
        scope.lexed,
        at,
        `relationship '${relationship}' cannot be queried`,
      );
    }
    return addSource(scope, { kind: 'name', object: nameObject, parent: child, via, optional }, at);
  }
  const object = findObject(via.referenceTo?.[0] ?? '', scope.caller.apiVersion);
  const joinable = object?.computed !== true || fieldOf(object, 'DurableId') !== undefined;
  if (object === undefined || !joinable || !scope.caller.access.object(object.name).read) {
    throw semanticError('INVALID_FIELD', scope.lexed, at, noSuchRelationship(relationship, 'field path'));
  }
  return addSource(scope, { kind: 'parent', object, parent: child, via, optional }, at);
}

/** Adds a table to the query. */
export function addSource(scope: Scope, source: Omit<Source, 'index' | 'fields'>, at: number): Source {
  if (scope.sources.length > PARENTS_MAX) {
    throw semanticError(
      'MALFORMED_QUERY',
      scope.lexed,
      at,
      `A query may refer to at most ${PARENTS_MAX} parent relationships`,
    );
  }
  const { kind, object, parent, via, optional } = source;
  const fields = readableFields(scope.caller, object);
  const added: Source = { index: scope.sources.length, kind, object, fields, parent, via, optional };
  scope.sources.push(added);
  return added;
}

function columnOf(scope: Scope, source: Source, name: string, at: number): ColumnValue {
  const field = fieldNamed(source.fields, name);
  if (field === undefined)
    throw semanticError('INVALID_FIELD', scope.lexed, at, noSuchColumn(name, source.object.name));
  return columnValue(scope, source, field);
}

export function columnValue(scope: Scope, source: Source, field: FieldDescription): ColumnValue {
  if (field.perUser === true) scope.viewed.add(source);
  return {
    kind: 'column',
    source,
    field,
    path: source.parent === undefined ? field.name : `${pathOf(source)}.${field.name}`,
  };
}

/** Relationship names from the root to a source. */
export function pathOf(source: Source): string {
  const name = source.via?.relationshipName ?? '';
  return source.parent === undefined || source.parent.parent === undefined
    ? name
    : `${pathOf(source.parent)}.${name}`;
}
