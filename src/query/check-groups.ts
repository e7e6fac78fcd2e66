/**
 * Queries whose rows are groups: aggregates, GROUP BY, ROLLUP, CUBE, HAVING (salesforce-data-api.md §15.9, §15.10).
 */
import type { Expression, Group, Query, Selected } from './ast.js';
import { fieldsOfSet } from './check-select.js';
import { checkValue, isAggregateName, nameOf, refuseUnlessGroupable } from './check-value.js';
import {
  type CheckedQuery,
  type ColumnValue,
  type DateFunction,
  isSame,
  type Member,
  type Value,
  type ValueMember,
} from './checked.js';
import { semanticError, unexpectedToken, wholeError } from './errors.js';
import type { Scope } from './scope.js';

/** Fields ROLLUP and CUBE take. */
const GROUPING_SETS_FIELDS_MAX = 3;

export type GroupKeys = readonly (ColumnValue | DateFunction)[];

/** Whether the rows of a query are groups rather than records. */
export function isGrouped(query: Query): boolean {
  return (
    query.group !== undefined ||
    query.select.some((item) => item.kind === 'selected' && holdsAggregate(item.expression))
  );
}

function holdsAggregate(expression: Expression): boolean {
  if (expression.kind === 'path') return false;
  return (
    isAggregateName(expression.name) ||
    (expression.argument !== undefined && holdsAggregate(expression.argument))
  );
}

/** `SELECT COUNT() FROM …`, which answers with a number and no records. */
export function isCount(query: Query): boolean {
  return query.select.some(isCountItem);
}

const isCountItem = (item: Query['select'][number]): boolean =>
  item.kind === 'selected' &&
  item.expression.kind === 'call' &&
  item.expression.argument === undefined &&
  item.expression.name.toUpperCase() === 'COUNT';

export function refuseUnlessLoneCount(scope: Scope, query: Query): void {
  const other = query.select.find((item) => !isCountItem(item)) ?? query.select[1];
  if (other !== undefined) {
    const name =
      other.kind === 'selected' && other.expression.kind === 'path' ? other.expression.text : 'COUNT()';
    throw semanticError(
      'MALFORMED_QUERY',
      scope.lexed,
      other.at,
      `Field must be grouped or aggregated: ${name}`,
    );
  }
  const [count] = query.select as readonly Selected[];
  if (count?.alias !== undefined) throw unexpectedToken(scope.lexed, count.at + 3);
  if (query.order[0] !== undefined) {
    throw semanticError(
      'MALFORMED_QUERY',
      scope.lexed,
      query.order[0].at,
      'COUNT() can not be used with ORDER BY',
    );
  }
  if (query.group !== undefined)
    throw semanticError(
      'MALFORMED_QUERY',
      scope.lexed,
      query.group.at,
      'COUNT() can not be used with GROUP BY',
    );
}

export function checkGroupBy(scope: Scope, group: Group | undefined): CheckedQuery['group'] {
  if (group === undefined) return undefined;
  if (group.mode !== 'plain' && group.by.length > GROUPING_SETS_FIELDS_MAX) {
    throw semanticError(
      'MALFORMED_QUERY',
      scope.lexed,
      group.at,
      `GROUP BY ${group.mode} takes at most ${GROUPING_SETS_FIELDS_MAX} fields`,
    );
  }
  const by: (ColumnValue | DateFunction)[] = [];
  for (const expression of group.by) {
    const value = checkValue(scope, expression);
    if (value.kind !== 'column' && value.kind !== 'date-function') {
      throw semanticError('MALFORMED_QUERY', scope.lexed, expression.at, 'Aggregates can not be grouped');
    }
    if (value.kind === 'column') refuseUnlessGroupable(scope, value, expression.at);
    if (by.some((other) => isSame(other, value))) {
      throw semanticError(
        'MALFORMED_QUERY',
        scope.lexed,
        expression.at,
        `duplicate grouping expression: ${nameOf(value)}`,
      );
    }
    by.push(value);
  }
  return { mode: group.mode, by };
}

/** The members of a grouped query: un-aliased expressions become expr0, expr1, … */
export function checkGroupSelect(scope: Scope, query: Query, keys: GroupKeys): readonly Member[] {
  const members: ValueMember[] = [];
  const taken = new Set<string>();
  let expressions = 0;
  for (const item of query.select) {
    if (item.kind === 'fields') {
      const field = fieldsOfSet(scope, item).find(
        (one) => !keys.some((key) => key.kind === 'column' && key.field === one),
      );
      throw semanticError('MALFORMED_QUERY', scope.lexed, item.at, notGrouped(field?.name ?? 'Id'));
    }
    if (item.kind !== 'selected') {
      throw semanticError(
        'MALFORMED_QUERY',
        scope.lexed,
        item.at,
        `${item.kind === 'typeof' ? 'TYPEOF' : 'A sub-query'} can not be used in a grouped query`,
      );
    }
    const { value, as, at } = selectedValue(scope, item.expression);
    refuseUnlessGrouped(scope, value, keys, at, notGrouped);
    const plain = value.kind === 'column' && as === 'plain';
    const key = item.alias ?? (plain ? value.field.name : `expr${expressions++}`);
    if (taken.has(key.toLowerCase()))
      throw semanticError('MALFORMED_QUERY', scope.lexed, item.at, `duplicate alias: ${key}`);
    taken.add(key.toLowerCase());
    members.push({ kind: 'value', key, value, as });
  }
  return members;
}

function selectedValue(
  scope: Scope,
  expression: Expression,
): { value: Value; as: 'plain' | 'format'; at: number } {
  if (
    expression.kind === 'call' &&
    expression.name.toUpperCase() === 'FORMAT' &&
    expression.argument !== undefined
  ) {
    return { value: checkValue(scope, expression.argument), as: 'format', at: expression.argument.at };
  }
  return { value: checkValue(scope, expression), as: 'plain', at: expression.at };
}

const notGrouped = (name: string): string => `Field must be grouped or aggregated: ${name}`;
export const notGroupedForOrder = (name: string): string =>
  `Ordered field must be grouped or aggregated: ${name}`;

/** Refuses a value that has no one value a group, and an aggregate of what is grouped already. */
export function refuseUnlessGrouped(
  scope: Scope,
  value: Value,
  keys: GroupKeys,
  at: number,
  text: (name: string) => string,
): void {
  const isKey = (one: Value) => keys.some((key) => isSame(key, one));
  if (value.kind === 'aggregate') {
    if (isKey(value.of)) {
      throw semanticError(
        'MALFORMED_QUERY',
        scope.lexed,
        at,
        `Grouped field should not be aggregated: ${value.of.path}`,
      );
    }
    return;
  }
  if (value.kind === 'grouping') {
    if (!isKey(value.of)) throw semanticError('MALFORMED_QUERY', scope.lexed, at, text(nameOf(value)));
    return;
  }
  // A date field that is grouped itself has one value a group, and so has every function of it.
  if (isKey(value) || (value.kind === 'date-function' && isKey(value.of))) return;
  throw semanticError('MALFORMED_QUERY', scope.lexed, at, text(nameOf(value)));
}

/** An overall aggregate is one row: it takes neither LIMIT nor OFFSET. */
export function refuseLimitOfOverall(query: Query): void {
  const word = query.limit !== undefined ? 'LIMIT' : query.offset !== undefined ? 'OFFSET' : undefined;
  if (query.group !== undefined || word === undefined) return;
  throw wholeError(
    'MALFORMED_QUERY',
    `Non-grouped query that uses overall aggregate functions cannot also use ${word}`,
  );
}
