/**
 * Syntax tree -> checked query: whether a statement means something, for this caller, at this API version. Every
 * refusal that depends on names, types, permissions or limits of the language is made here or in the check-* files;
 * values of literals are looked at later, when a plan is bound (bind.ts).
 */
import type { Caller } from '../access/caller.js';
import type { SObjectDescription } from '../objects/language.js';
import type { From, Option, Order, Query, SemiJoin, SubQuery } from './ast.js';
import { type ConditionPlace, checkCondition, filteredValue } from './check-condition.js';
import {
  checkGroupBy,
  checkGroupSelect,
  type GroupKeys,
  isCount,
  isGrouped,
  notGroupedForOrder,
  refuseLimitOfOverall,
  refuseUnlessGrouped,
  refuseUnlessLoneCount,
} from './check-groups.js';
import { checkRecordSelect } from './check-select.js';
import { checkValue, isIdType, refuseUnlessSortable } from './check-value.js';
import type { CheckedOrder, CheckedQuery, ChildrenMember, ScopeName } from './checked.js';
import { isNullable, typeOf } from './checked.js';
import { askedAccess, OPEN_ACCESS_QUESTION } from './computed/record-access.js';
import { semanticError, syntaxError, unexpectedToken, wholeError } from './errors.js';
import {
  noSuchRelationship,
  noSuchType,
  openScope,
  parentOf,
  queryableObject,
  resolve,
  type Scope,
  walk,
} from './scope.js';
import type { Lexed } from './tokens.js';

const OFFSET_MAX = 2_000;
const SUB_QUERIES_MAX = 20;
const SUB_QUERY_LEVELS = 5;
/** First version in which a sub-query may hold sub-queries. */
const DEEP_SUB_QUERIES_SINCE = 58;
const SCOPE_SINCE = 32;

/** Objects that may not stand in a semi-join (salesforce-data-api.md §15.5). */
const NEVER_JOINED: ReadonlySet<string> = new Set([
  'ActivityHistory',
  'Attachment',
  'Event',
  'Note',
  'OpenActivity',
  'Task',
]);

/** Where a query stands, and what that takes away. */
interface Place {
  readonly lexed: Lexed;
  readonly caller: Caller;
  readonly within: 'statement' | 'sub-query' | 'semi-join';
  /** Sub-queries around it, itself included. */
  readonly depth: number;
  /** LIMIT of the query around it. */
  readonly outerLimit: number | undefined;
}

/** Checks one statement. Throws INVALID_TYPE, INVALID_FIELD, MALFORMED_QUERY, INVALID_QUERY_FILTER_OPERATOR … */
export function check(lexed: Lexed, caller: Caller, query: Query): CheckedQuery {
  const object = checkFrom(lexed, caller, query.from);
  return checkQuery({ lexed, caller, within: 'statement', depth: 0, outerLimit: undefined }, query, object);
}

function checkFrom(lexed: Lexed, caller: Caller, from: From): SObjectDescription {
  const object = queryableObject(caller, from.path);
  if (object === undefined) throw semanticError('INVALID_TYPE', lexed, from.at, noSuchType(from.path));
  return object;
}

/** What depends on whether the rows are records, groups or a number. */
type Body = Pick<CheckedQuery, 'mode' | 'members' | 'where' | 'group' | 'having' | 'order'>;

function checkQuery(place: Place, query: Query, object: SObjectDescription): CheckedQuery {
  const { lexed, caller } = place;
  const scope = openScope(lexed, caller, object);
  nameSources(scope, query);
  const scopeName = checkScope(place, query, object);
  const offset = checkOffset(place, query);
  checkWith(lexed, query);
  const marks = checkOptions(place, query, object);
  const body = isCount(query)
    ? checkCount(place, scope, query)
    : isGrouped(query)
      ? checkGroups(place, scope, query)
      : checkRecords(place, scope, query);
  if (object.name === 'UserRecordAccess' && askedAccess(body.where) === undefined)
    throw semanticError('MALFORMED_QUERY', lexed, query.from.at, OPEN_ACCESS_QUESTION);
  return {
    kind: 'checked',
    mode: body.mode,
    object,
    sources: scope.sources,
    viewed: scope.viewed,
    members: body.members,
    scope: scopeName,
    where: body.where,
    group: body.group,
    having: body.having,
    order: body.order,
    limit: query.limit?.value,
    offset,
    marks,
    honorEmptyStrings: query.options.some(({ honorEmptyStrings }) => honorEmptyStrings === true),
  };
}

function checkCount(place: Place, scope: Scope, query: Query): Body {
  refuseAggregates(place, query.select[0]?.at ?? 0);
  refuseUnlessLoneCount(scope, query);
  const where = checkWhere(place, scope, query);
  refuseHaving(place.lexed, query);
  return { mode: 'count', members: [], where, group: undefined, having: undefined, order: [] };
}

function checkGroups(place: Place, scope: Scope, query: Query): Body {
  refuseAggregates(place, query.select[0]?.at ?? 0);
  const group = checkGroupBy(scope, query.group);
  const keys = group?.by ?? [];
  const members = checkGroupSelect(scope, query, keys);
  const where = checkWhere(place, scope, query);
  if (query.group === undefined) refuseHaving(place.lexed, query);
  const having = checkHaving(place, scope, query, keys);
  const order = query.order.map((item) => checkGroupOrder(scope, item, keys));
  refuseLimitOfOverall(query);
  return { mode: 'groups', members, where, group, having, order };
}

function checkRecords(place: Place, scope: Scope, query: Query): Body {
  let subQueries = 0;
  const children = (item: SubQuery): ChildrenMember => {
    if (++subQueries > SUB_QUERIES_MAX) {
      const text = `A query may hold at most ${SUB_QUERIES_MAX} sub-queries`;
      throw semanticError('MALFORMED_QUERY', place.lexed, item.at, text);
    }
    return checkChildren(place, scope, query, item);
  };
  const members = checkRecordSelect({ scope, query, children });
  const where = checkWhere(place, scope, query);
  refuseHaving(place.lexed, query);
  const order = query.order.map((item) => checkRecordOrder(scope, item));
  return { mode: 'rows', members, where, group: undefined, having: undefined, order };
}

// ---- FROM ----------------------------------------------------------------------------------------------

function nameSources(scope: Scope, query: Query): void {
  const name = (alias: string | undefined, source: Scope['root']) => {
    if (alias !== undefined) scope.aliases.set(alias.toLowerCase(), source);
  };
  name(query.from.alias, scope.root);
  for (const join of query.joins) {
    const dot = join.path.lastIndexOf('.');
    if (dot === -1) {
      throw semanticError(
        'INVALID_TYPE',
        scope.lexed,
        join.at,
        noSuchRelationship(join.path, 'FROM part of query call'),
      );
    }
    const { source } = walk(scope, join.path, join.at);
    name(join.alias, parentOf(scope, source, join.path.slice(dot + 1), join.at));
  }
}

/** The scopes of an object, in lower case: those its describe lists (salesforce-data-api.md §5.3, §15.14). */
function scopesOf(object: SObjectDescription): readonly ScopeName[] {
  const owners = object.fields.find((field) => field.name === 'OwnerId')?.referenceTo ?? [];
  if (!owners.includes('User') || object.setup === true) return ['everything'];
  const ofUsers: readonly ScopeName[] = ['everything', 'mine', 'scopingrule', 'team'];
  return owners.includes('Group') ? [...ofUsers, 'queue_owned', 'user_owned'] : ofUsers;
}

function checkScope(place: Place, query: Query, object: SObjectDescription): ScopeName {
  const { scope } = query;
  if (scope === undefined) return 'everything';
  const { lexed } = place;
  const name = scope.name.toLowerCase();
  if (place.within !== 'statement' || place.caller.apiVersion < SCOPE_SINCE)
    throw unexpectedToken(lexed, scope.at - 2);
  const known = scopesOf(object).find((one) => one === name);
  if (known === undefined)
    throw semanticError(
      'INVALID_QUERY_SCOPE',
      lexed,
      scope.at,
      `scope '${scope.name}' is not supported for ${object.name}`,
    );
  return known;
}

// ---- WHERE, HAVING, ORDER BY ---------------------------------------------------------------------------

function checkWhere(place: Place, scope: Scope, query: Query): CheckedQuery['where'] {
  if (query.where === undefined) return undefined;
  const conditions: ConditionPlace = {
    scope,
    left: (expression) => filteredValue(scope, expression),
    semiJoin: (join) => checkSemiJoin(place, join),
  };
  return checkCondition(conditions, query.where);
}

function checkHaving(place: Place, scope: Scope, query: Query, keys: GroupKeys): CheckedQuery['having'] {
  if (query.having === undefined) return undefined;
  const conditions: ConditionPlace = {
    scope,
    left: (expression) => {
      const value = checkValue(scope, expression);
      refuseUnlessGrouped(
        scope,
        value,
        keys,
        expression.at,
        (name) => `Field must be grouped or aggregated: ${name}`,
      );
      return value;
    },
    semiJoin: (join) => {
      throw semanticError(
        'MALFORMED_QUERY',
        place.lexed,
        join.at,
        'Semi join sub-selects are not allowed in the HAVING clause',
      );
    },
  };
  return checkCondition(conditions, query.having);
}

function refuseHaving(lexed: Lexed, query: Query): void {
  if (query.having !== undefined)
    throw semanticError('MALFORMED_QUERY', lexed, query.having.at, 'HAVING requires GROUP BY');
}

function checkSemiJoin(place: Place, join: SemiJoin): CheckedQuery {
  const { lexed, caller } = place;
  const { query } = join;
  const refuse = (at: number, text: string) => semanticError('MALFORMED_QUERY', lexed, at, text);
  if (place.within === 'semi-join')
    throw refuse(join.at, 'Nesting of semi join sub-selects is not supported');
  if (place.within === 'sub-query')
    throw refuse(join.at, 'Semi join sub-selects are not allowed in a sub-query');
  const [item] = query.select;
  if (
    item?.kind !== 'selected' ||
    item.expression.kind !== 'path' ||
    query.select.length > 1 ||
    query.joins.length > 0
  ) {
    throw refuse(
      query.select[1]?.at ?? query.select[0]?.at ?? query.at,
      'Semi join sub-selects must select one id or reference field',
    );
  }
  if (item.alias !== undefined) throw refuse(item.at, 'only aggregate expressions use field aliasing');
  if (query.scope !== undefined) throw unexpectedToken(lexed, query.scope.at - 2);
  const object = checkFrom(lexed, caller, query.from);
  if (NEVER_JOINED.has(object.name) || object.name === 'UserRecordAccess')
    throw refuse(query.from.at, `Entity '${object.name}' is not supported for semi join inner selects`);
  const scope = openScope(lexed, caller, object);
  nameSources(scope, query);
  const column = resolve(scope, item.expression.text, item.at);
  if (column.source !== scope.root)
    throw refuse(item.at, 'Semi join sub-selects cannot select fields of a relationship');
  if (!isIdType(column.field.type))
    throw refuse(item.at, `The selected field '${column.field.name}' must be an id or reference field`);
  const where = checkWhere({ ...place, within: 'semi-join' }, scope, query);
  return {
    kind: 'checked',
    mode: 'rows',
    object,
    sources: scope.sources,
    viewed: scope.viewed,
    members: [{ kind: 'value', key: column.field.name, value: column, as: 'plain' }],
    scope: 'everything',
    where,
    group: undefined,
    having: undefined,
    order: [],
    limit: undefined,
    offset: undefined,
    marks: undefined,
    honorEmptyStrings: false,
  };
}

function checkRecordOrder(scope: Scope, item: Order): CheckedOrder {
  if (item.by.kind === 'call') {
    throw semanticError(
      'MALFORMED_QUERY',
      scope.lexed,
      item.by.at,
      `${item.by.name}() can not be used in ORDER BY of an ungrouped query`,
    );
  }
  const by = resolve(scope, item.by.text, item.by.at);
  refuseUnlessSortable(scope, by, item.by.at);
  return ordered(by, item);
}

function checkGroupOrder(scope: Scope, item: Order, keys: GroupKeys): CheckedOrder {
  const by = checkValue(scope, item.by);
  refuseUnlessGrouped(scope, by, keys, item.by.at, notGroupedForOrder);
  return ordered(by, item);
}

/** NULLS LAST does nothing on a relationship id that may be null. */
function ordered(by: CheckedOrder['by'], item: Order): CheckedOrder {
  const reference = isIdType(typeOf(by)) && isNullable(by);
  return { by, descending: item.descending, nullsLast: item.nulls === 'LAST' && !reference };
}

// ---- sub-queries ---------------------------------------------------------------------------------------

function checkChildren(place: Place, scope: Scope, outer: Query, item: SubQuery): ChildrenMember {
  const { lexed, caller } = place;
  const { query } = item;
  const depth = place.depth + 1;
  if (depth > (caller.apiVersion >= DEEP_SUB_QUERIES_SINCE ? SUB_QUERY_LEVELS - 1 : 1)) {
    throw semanticError('MALFORMED_QUERY', lexed, query.at, 'Sub-queries are nested too deeply');
  }
  const parts = query.from.path.split('.');
  const name = parts.pop() as string;
  const missing = () =>
    semanticError('INVALID_TYPE', lexed, query.from.at, noSuchRelationship(name, 'FROM part of query call'));
  if (
    parts.length > 1 ||
    (parts[0] !== undefined && scope.aliases.get(parts[0].toLowerCase()) !== scope.root)
  )
    throw missing();
  const relationship = scope.root.object.childRelationships.find(
    (one) => one.relationshipName?.toLowerCase() === name.toLowerCase(),
  );
  const object = relationship === undefined ? undefined : queryableObject(caller, relationship.childSObject);
  const via = object?.fields.find((field) => field.name === relationship?.field);
  if (relationship === undefined || object === undefined || via === undefined || object.computed === true)
    throw missing();
  if (query.options.length > 0) throw unexpectedToken(lexed, query.options[0]?.at ?? query.at);
  const inner = checkQuery(
    { ...place, within: 'sub-query', depth, outerLimit: outer.limit?.value },
    query,
    object,
  );
  return {
    kind: 'children',
    key: relationship.relationshipName as string,
    syntax: query,
    query: inner,
    via,
    of: scope.root,
  };
}

function refuseAggregates(place: Place, at: number): void {
  if (place.within === 'statement') return;
  throw semanticError('MALFORMED_QUERY', place.lexed, at, 'only root queries support aggregate expressions');
}

// ---- what stands behind --------------------------------------------------------------------------------

function checkOffset(place: Place, query: Query): number | undefined {
  const { offset } = query;
  if (offset === undefined) return undefined;
  if (place.within === 'sub-query' && place.outerLimit !== 1) {
    throw semanticError(
      'MALFORMED_QUERY',
      place.lexed,
      offset.at - 1,
      'OFFSET is allowed in a sub-query only if the outer query has LIMIT 1',
    );
  }
  if (offset.value > OFFSET_MAX)
    throw wholeError('NUMBER_OUTSIDE_VALID_RANGE', `Maximum SOQL offset allowed is ${OFFSET_MAX}`);
  return offset.value;
}

function checkWith(lexed: Lexed, query: Query): void {
  if (query.with === undefined) return;
  const what = query.with.what.toUpperCase();
  const text =
    what === 'DATA'
      ? 'WITH DATA CATEGORY is supported for Question and KnowledgeArticleVersion only'
      : `${what} not allowed in this context`;
  throw semanticError('MALFORMED_QUERY', lexed, query.with.at, text);
}

function checkOptions(place: Place, query: Query, object: SObjectDescription): CheckedQuery['marks'] {
  const { lexed } = place;
  let marks: CheckedQuery['marks'];
  const refuse = (option: Option, text: string) => semanticError('MALFORMED_QUERY', lexed, option.at, text);
  for (const option of query.options) {
    switch (option.name) {
      case 'FOR VIEW':
      case 'FOR REFERENCE':
        if (object.associate?.type === 'History')
          throw refuse(option, `${option.name} is not supported for ${object.name}`);
        if (marks !== undefined) throw syntaxError(lexed, option.at, "unexpected token: 'FOR'");
        if (isGrouped(query) || isCount(query))
          throw refuse(option, `${option.name} can not be used with aggregates`);
        marks = option.name === 'FOR VIEW' ? 'view' : 'reference';
        break;
      case 'FOR UPDATE':
        // Over the API there is no transaction that could hold a lock; only the rules of the clause remain.
        if (query.order[0] !== undefined) throw refuse(option, 'FOR UPDATE can not be used with ORDER BY');
        break;
      case 'UPDATE TRACKING':
      case 'UPDATE VIEWSTAT':
        throw refuse(option, `${option.name} is supported for Knowledge articles only`);
      case 'ALL ROWS':
        throw refuse(option, 'ALL ROWS not allowed in this context');
      case 'SET OPTIONS':
        break;
    }
  }
  return marks;
}
