/**
 * SELECT of a query that yields records: fields, nested parents, FIELDS(), TYPEOF, FORMAT and toLabel, sub-queries.
 * Invariant: members stand in the order of the list; fields of one parent gather where it was first named
 * (salesforce-data-api.md §12, §15.6 to §15.8, §15.12).
 */

import type { FieldDescription, PicklistValue, SObjectDescription } from '../objects/language.js';
import { findObject } from '../objects/registry.js';
import { hasColumn } from '../store/columns.js';
import type { Call, FieldSet, Path, Query, Selected, SubQuery, TypeOf } from './ast.js';
import type { ChildrenMember, ColumnValue, Member, Source, ValueMember } from './checked.js';
import { semanticError, unexpectedToken, wholeError } from './errors.js';
import { isPolymorphic, nameObject } from './name-object.js';
import { fieldNamed } from './readable-fields.js';
import {
  addSource,
  columnValue,
  noSuchColumn,
  noSuchType,
  parentOf,
  resolve,
  type Scope,
  walk,
} from './scope.js';

/** TYPEOF and FIELDS() appeared in these API versions. */
const TYPEOF_SINCE = 46;
const FIELDS_SINCE = 51;
/** Rows a query with FIELDS(ALL) or FIELDS(CUSTOM) may ask for. */
const FIELDS_ROWS_MAX = 200;

export interface SelectPlace {
  readonly scope: Scope;
  readonly query: Query;
  readonly children: (item: SubQuery) => ChildrenMember;
}

interface Draft {
  readonly scope: Scope;
  readonly members: Member[];
  /** Paths selected so far, as described. */
  readonly paths: Set<string>;
  /** Aliases and names of sub-queries so far, and then the paths too, in lower case. */
  readonly names: Set<string>;
  /** Members of each parent named so far, by source. */
  readonly parents: Map<Source, Member[]>;
  /** Polymorphic parents named by TYPEOF. */
  readonly typed: Set<Source>;
}

export function checkRecordSelect(place: SelectPlace): readonly Member[] {
  const { scope, query } = place;
  const draft: Draft = {
    scope,
    members: [],
    paths: new Set(),
    names: new Set(),
    parents: new Map(),
    typed: new Set(),
  };
  for (const item of query.select) {
    if (item.kind === 'selected') select(draft, item);
    else if (item.kind === 'fields') selectFieldSet(draft, item, query);
    else if (item.kind === 'typeof') selectTypeOf(draft, item);
    else addMember(draft, draft.members, place.children(item), item.at);
  }
  if (draft.members.length === 0) {
    throw wholeError(
      'MALFORMED_QUERY',
      "'FIELDS(...)' expansion function must result in at least one field being selected.",
    );
  }
  return draft.members;
}

function select(draft: Draft, item: Selected): void {
  const { scope } = draft;
  if (item.expression.kind === 'call') {
    selectCall(draft, item, item.expression);
    return;
  }
  if (item.alias !== undefined) {
    throw semanticError(
      'MALFORMED_QUERY',
      scope.lexed,
      item.at,
      'only aggregate expressions use field aliasing',
    );
  }
  const column = resolve(scope, item.expression.text, item.at);
  addColumn(draft, column, item.at);
}

function addColumn(draft: Draft, column: ColumnValue, at: number): void {
  refuseUnselectable(draft.scope, column.field, column.source.object, at);
  if (!claimPath(draft, column.path)) {
    throw semanticError('INVALID_FIELD', draft.scope.lexed, at, `duplicate field selected: ${column.path}`);
  }
  membersOf(draft, column.source, at).push({
    kind: 'value',
    key: column.field.name,
    value: column,
    as: 'plain',
  });
}

/** False where the path, or an alias that reads like it, was selected already. */
function claimPath({ paths, names }: Draft, path: string): boolean {
  if (paths.has(path)) return false;
  paths.add(path);
  return names.size === 0 || claimName({ paths, names }, path);
}

/** False where an alias, a sub-query or a path that reads like it was selected already. */
function claimName({ paths, names }: Pick<Draft, 'paths' | 'names'>, name: string): boolean {
  // Most statements name nothing themselves, and are spared the second set.
  if (names.size === 0) for (const path of paths) names.add(path.toLowerCase());
  const key = name.toLowerCase();
  if (names.has(key)) return false;
  names.add(key);
  return true;
}

function refuseUnselectable(
  scope: Scope,
  field: FieldDescription,
  object: SObjectDescription,
  at: number,
): void {
  if (hasColumn(field) || field.perUser === true || object === nameObject) return;
  throw semanticError(
    'MALFORMED_QUERY',
    scope.lexed,
    at,
    `compound field '${field.name}' can not be selected; select its parts`,
  );
}

/** The list a source's fields go to; makes the nested parents on the way. */
function membersOf(draft: Draft, source: Source, at: number): Member[] {
  if (source.parent === undefined) return draft.members;
  const known = draft.parents.get(source);
  if (known !== undefined) return known;
  if (draft.typed.has(source)) throw sameRelationship(draft.scope, at);
  const members: Member[] = [];
  draft.parents.set(source, members);
  const key = source.via?.relationshipName as string;
  membersOf(draft, source.parent, at).push({ kind: 'parent', key, source, members });
  return members;
}

const sameRelationship = (scope: Scope, at: number) =>
  semanticError(
    'MALFORMED_QUERY',
    scope.lexed,
    at,
    'the same relationship may not be used both in TYPEOF and in the field list',
  );

function addMember(draft: Draft, members: Member[], member: Member, at: number): void {
  if (!claimName(draft, `${members === draft.members ? '' : '.'}${member.key}`))
    throw semanticError('MALFORMED_QUERY', draft.scope.lexed, at, `duplicate alias: ${member.key}`);
  members.push(member);
}

// ---- functions -----------------------------------------------------------------------------------------

function selectCall(draft: Draft, item: Selected, call: Call): void {
  const { scope } = draft;
  const name = call.name.toUpperCase();
  if (name !== 'FORMAT' && name !== 'TOLABEL') {
    throw semanticError(
      'MALFORMED_QUERY',
      scope.lexed,
      call.at,
      `${call.name}() may only be selected in a grouped query`,
    );
  }
  if (call.argument === undefined) throw unexpectedToken(scope.lexed, call.at + 2);
  if (call.argument.kind === 'call') throw unexpectedToken(scope.lexed, call.argument.at + 1);
  const column = resolve(scope, call.argument.text, call.argument.at);
  refuseUnselectable(scope, column.field, column.source.object, call.argument.at);
  const member = name === 'FORMAT' ? formatted(scope, column, call) : labelled(scope, column, call);
  if (item.alias !== undefined) {
    addMember(draft, draft.members, { ...member, key: item.alias }, item.at);
    return;
  }
  if (!claimPath(draft, column.path)) {
    throw semanticError('MALFORMED_QUERY', scope.lexed, item.at, `duplicate alias: ${column.field.name}`);
  }
  membersOf(draft, column.source, item.at).push({ ...member, key: column.field.name });
}

const FORMATTED: ReadonlySet<string> = new Set([
  'int',
  'double',
  'currency',
  'percent',
  'long',
  'date',
  'datetime',
]);

function formatted(scope: Scope, value: ColumnValue, call: Call): Omit<ValueMember, 'key'> {
  if (!FORMATTED.has(value.field.type)) {
    throw semanticError(
      'MALFORMED_QUERY',
      scope.lexed,
      call.at,
      `field ${value.path} does not support ${call.name}`,
    );
  }
  return { kind: 'value', value, as: 'format' };
}

function labelled(scope: Scope, value: ColumnValue, call: Call): Omit<ValueMember, 'key'> {
  const labels = labelsOf(value);
  if (labels === undefined) {
    throw semanticError(
      'MALFORMED_QUERY',
      scope.lexed,
      call.at,
      `field ${value.path} does not support ${call.name}`,
    );
  }
  return { kind: 'value', value, as: 'label', labels };
}

/** A picklist's labels; on a History object those of the parent's fields, because Field names one. */
function labelsOf({ source, field }: ColumnValue): readonly PicklistValue[] | undefined {
  if (field.type !== 'picklist' && field.type !== 'multipicklist' && field.type !== 'combobox')
    return undefined;
  const own = field.picklistValues ?? [];
  if (source.object.associate?.type !== 'History' || field.name !== 'Field') return own;
  const parent = findObject(source.object.associate.parent);
  const ofFields = (parent?.fields ?? []).map(({ name, relationshipName, label, custom }) => ({
    value: custom === true ? name : (relationshipName ?? name),
    label,
  }));
  return [...own.filter(({ label }) => label !== null), ...ofFields];
}

// ---- FIELDS() ------------------------------------------------------------------------------------------

const isCustom = (field: FieldDescription): boolean => field.custom === true;

function selectFieldSet(draft: Draft, item: FieldSet, query: Query): void {
  const { scope } = draft;
  refuseBefore(scope, FIELDS_SINCE, item.at, 'FIELDS');
  if (item.which !== 'STANDARD' && !isBounded(query)) {
    throw semanticError(
      'MALFORMED_QUERY',
      scope.lexed,
      item.at,
      `The SOQL FIELDS function must have a LIMIT of at most ${FIELDS_ROWS_MAX}`,
    );
  }
  for (const field of fieldsOfSet(scope, item))
    addColumn(draft, columnValue(scope, scope.root, field), item.at);
}

/** The fields FIELDS() stands for: what the caller may see, in describe order. */
export function fieldsOfSet({ root }: Scope, item: FieldSet): readonly FieldDescription[] {
  return root.object.fields.filter((field) => {
    if (!hasColumn(field) && field.perUser !== true) return false;
    if (item.which !== 'ALL' && isCustom(field) !== (item.which === 'CUSTOM')) return false;
    return root.fields.has(field.name);
  });
}

/** Whether LIMIT or a list of ids keeps the result at 200 rows. */
function isBounded({ limit, where }: Query): boolean {
  if (limit !== undefined && limit.value <= FIELDS_ROWS_MAX) return true;
  if (where === undefined) return false;
  const isId = (name: string) => /^(?:\w+\.)?id$/i.test(name);
  const tests = where.kind === 'or' ? where.operands : [where];
  return (
    tests.length <= FIELDS_ROWS_MAX &&
    tests.every((test) => {
      if (test.kind !== 'comparison' && test.kind !== 'in') return false;
      if (test.left.kind !== 'path' || !isId(test.left.text)) return false;
      return test.kind === 'comparison'
        ? test.operator === '='
        : !test.negated && test.values.length <= FIELDS_ROWS_MAX;
    })
  );
}

function refuseBefore(scope: Scope, version: number, at: number, word: string): void {
  if (scope.caller.apiVersion >= version) return;
  throw semanticError(
    'MALFORMED_QUERY',
    scope.lexed,
    at,
    `${word} is available from API version ${version}.0 on`,
  );
}

// ---- TYPEOF --------------------------------------------------------------------------------------------

function selectTypeOf(draft: Draft, item: TypeOf): void {
  const { scope } = draft;
  refuseBefore(scope, TYPEOF_SINCE, item.at, 'TYPEOF');
  const { source: holder, name } = walk(scope, item.path.text, item.path.at);
  const source = parentOf(scope, holder, name, item.path.at);
  if (source.via === undefined || !isPolymorphic(source.via)) {
    throw semanticError(
      'MALFORMED_QUERY',
      scope.lexed,
      item.path.at,
      `TYPEOF may only be used with a polymorphic relationship: ${name}`,
    );
  }
  if (draft.parents.has(source) || draft.typed.has(source)) throw sameRelationship(scope, item.at);
  draft.typed.add(source);
  const seen = new Set<string>();
  const when = item.when.map(({ at, type, fields }) => {
    const object = findObject(type, scope.caller.apiVersion);
    if (object === undefined) throw semanticError('INVALID_TYPE', scope.lexed, at, noSuchType(type));
    if (!source.via?.referenceTo?.includes(object.name) || seen.has(object.name)) {
      throw semanticError('MALFORMED_QUERY', scope.lexed, at, `${object.name} may not stand in this TYPEOF`);
    }
    seen.add(object.name);
    const typed = addSource(
      scope,
      { kind: 'typed', object, parent: source, via: source.via, optional: true },
      at,
    );
    return { source: typed, members: fieldsOf(scope, typed, fields) };
  });
  const otherwise = item.otherwise === undefined ? undefined : fieldsOf(scope, source, item.otherwise);
  const key = source.via.relationshipName as string;
  addMember(
    draft,
    holder.parent === undefined ? draft.members : membersOf(draft, holder, item.at),
    { kind: 'typeof', key, source, when, otherwise },
    item.at,
  );
}

function fieldsOf(scope: Scope, source: Source, paths: readonly Path[]): readonly Member[] {
  const seen = new Set<string>();
  return paths.map(({ at, text }) => {
    const field = fieldNamed(source.fields, text);
    if (field === undefined)
      throw semanticError('INVALID_FIELD', scope.lexed, at, noSuchColumn(text, source.object.name));
    refuseUnselectable(scope, field, source.object, at);
    if (seen.has(field.name))
      throw semanticError('INVALID_FIELD', scope.lexed, at, `duplicate field selected: ${field.name}`);
    seen.add(field.name);
    return { kind: 'value', key: field.name, value: columnValue(scope, source, field), as: 'plain' };
  });
}
