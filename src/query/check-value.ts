/**
 * What may be computed from fields and what it may be compared with (salesforce-data-api.md §15.3, §15.9, §15.11).
 */

import type { FieldType } from '../objects/language.js';
import { isAggregatable, isAutoNumber } from '../objects/registry.js';
import type { Call, Expression, Literal, Operator } from './ast.js';
import {
  type Aggregate,
  type AggregateName,
  type CheckedLiteral,
  type ColumnValue,
  type DateFunction,
  type DateFunctionName,
  type Grouping,
  typeOf,
  type Value,
} from './checked.js';
import { semanticError, unexpectedToken } from './errors.js';
import { resolve, type Scope } from './scope.js';

const AGGREGATES: ReadonlySet<string> = new Set<AggregateName>([
  'COUNT',
  'COUNT_DISTINCT',
  'SUM',
  'AVG',
  'MIN',
  'MAX',
]);

const DATE_FUNCTIONS: ReadonlySet<string> = new Set<DateFunctionName>([
  'CALENDAR_MONTH',
  'CALENDAR_QUARTER',
  'CALENDAR_YEAR',
  'DAY_IN_MONTH',
  'DAY_IN_WEEK',
  'DAY_IN_YEAR',
  'DAY_ONLY',
  'FISCAL_MONTH',
  'FISCAL_QUARTER',
  'FISCAL_YEAR',
  'HOUR_IN_DAY',
  'WEEK_IN_MONTH',
  'WEEK_IN_YEAR',
]);

export const isAggregateName = (name: string): boolean => AGGREGATES.has(name.toUpperCase());

/** Resolves a path or a function that yields a value: everything but FORMAT, toLabel and COUNT(). */
export function checkValue(scope: Scope, expression: Expression): Value {
  if (expression.kind === 'path') return resolve(scope, expression.text, expression.at);
  const name = expression.name.toUpperCase();
  if (AGGREGATES.has(name)) return checkAggregate(scope, expression, name as AggregateName);
  if (DATE_FUNCTIONS.has(name)) return checkDateFunction(scope, expression, name as DateFunctionName);
  if (name === 'GROUPING') return checkGrouping(scope, expression);
  if (name === 'CONVERTTIMEZONE') {
    throw semanticError(
      'MALFORMED_QUERY',
      scope.lexed,
      expression.at,
      'convertTimezone() may only be used inside a date function',
    );
  }
  if (name === 'FORMAT' || name === 'TOLABEL' || name === 'CONVERTCURRENCY') {
    throw semanticError(
      'MALFORMED_QUERY',
      scope.lexed,
      expression.at,
      `${expression.name}() is not supported here`,
    );
  }
  // A name in front of a bracket that is no function: to the parser the bracket is what should not be there.
  throw unexpectedToken(scope.lexed, expression.at + 1);
}

const NUMBERS: ReadonlySet<FieldType> = new Set<FieldType>(['int', 'double', 'currency', 'percent', 'long']);

function checkAggregate(scope: Scope, call: Call, name: AggregateName): Aggregate {
  if (call.argument?.kind !== 'path')
    throw unexpectedToken(scope.lexed, call.at + (call.argument === undefined ? 2 : 1));
  const of = resolve(scope, call.argument.text, call.argument.at);
  const summed = name === 'SUM' || name === 'AVG';
  if (!isAggregatable(of.field) || isLongText(of) || (summed && !NUMBERS.has(of.field.type))) {
    throw semanticError(
      'MALFORMED_QUERY',
      scope.lexed,
      call.argument.at,
      `field ${of.path} does not support aggregate operator ${name}`,
    );
  }
  return { kind: 'aggregate', name, of };
}

/** Texts of more than 255 characters can be neither aggregated nor grouped. */
const isLongText = ({ field }: ColumnValue): boolean =>
  field.type === 'textarea' && (field.length ?? 0) > 255;

function checkDateFunction(scope: Scope, call: Call, name: DateFunctionName): DateFunction {
  let argument = call.argument;
  let local = false;
  if (argument?.kind === 'call' && argument.name.toUpperCase() === 'CONVERTTIMEZONE') {
    local = true;
    argument = argument.argument;
  }
  if (argument === undefined) throw unexpectedToken(scope.lexed, call.at + (local ? 4 : 2));
  if (argument.kind === 'call') throw unexpectedToken(scope.lexed, argument.at + 1);
  const of = resolve(scope, argument.text, argument.at);
  const needsTime = local || name === 'DAY_ONLY' || name === 'HOUR_IN_DAY';
  if (of.field.type !== 'datetime' && (needsTime || of.field.type !== 'date')) {
    throw semanticError(
      'MALFORMED_QUERY',
      scope.lexed,
      argument.at,
      `field ${of.path} does not support ${local ? 'convertTimezone' : name}`,
    );
  }
  return { kind: 'date-function', name, local, of };
}

function checkGrouping(scope: Scope, call: Call): Grouping {
  if (call.argument === undefined) throw unexpectedToken(scope.lexed, call.at + 2);
  const of = checkValue(scope, call.argument);
  if (of.kind !== 'column' && of.kind !== 'date-function') {
    throw semanticError('MALFORMED_QUERY', scope.lexed, call.argument.at, 'GROUPING() takes a grouped field');
  }
  return { kind: 'grouping', of };
}

/** How a value is called in refusals: its path, or the path inside its function. */
export function nameOf(value: Value): string {
  return value.kind === 'column' ? value.path : nameOf(value.of);
}

export function refuseUnlessFilterable(scope: Scope, column: ColumnValue, at: number): void {
  if (column.field.properties.includes('Filter')) return;
  throw semanticError(
    'INVALID_FIELD',
    scope.lexed,
    at,
    `field '${column.field.name}' can not be filtered in a query call`,
  );
}

export function refuseUnlessGroupable(scope: Scope, column: ColumnValue, at: number): void {
  const { field } = column;
  const never =
    field.type === 'datetime' || field.type === 'time' || isAutoNumber(field) || isLongText(column);
  if (field.properties.includes('Group') && !never) return;
  throw semanticError(
    'MALFORMED_QUERY',
    scope.lexed,
    at,
    `field '${field.name}' can not be grouped in a query call`,
  );
}

export function refuseUnlessSortable(scope: Scope, column: ColumnValue, at: number): void {
  if (column.field.properties.includes('Sort')) return;
  throw semanticError(
    'MALFORMED_QUERY',
    scope.lexed,
    at,
    `field '${column.field.name}' can not be sorted in a query call`,
  );
}

/** Text in the database, so it is written in quotes. */
export const TEXTS: ReadonlySet<FieldType> = new Set<FieldType>([
  'id',
  'reference',
  'string',
  'textarea',
  'picklist',
  'multipicklist',
  'combobox',
  'email',
  'phone',
  'url',
  'encryptedstring',
  'anyType',
]);

export const isIdType = (type: FieldType): boolean => type === 'id' || type === 'reference';

const WORD_OF_TYPE: Partial<Record<FieldType, string>> = { datetime: 'dateTime' };

/** Refuses a literal whose kind does not fit the type it is compared with. */
export function checkLiteral(scope: Scope, value: Value, literal: Literal, at: number): CheckedLiteral {
  const type = typeOf(value);
  const fits =
    literal.type === 'null' ||
    (TEXTS.has(type) && literal.type === 'string') ||
    (type === 'boolean' && literal.type === 'boolean') ||
    (type === 'int' || type === 'long'
      ? literal.type === 'number' && /^[+-]?\d+$/.test(literal.text)
      : NUMBERS.has(type) && literal.type === 'number') ||
    (type === 'date' && (literal.type === 'date' || literal.type === 'range')) ||
    (type === 'datetime' && (literal.type === 'datetime' || literal.type === 'range'));
  if (fits) return { ...literal, fieldAt: at };
  const text = TEXTS.has(type);
  const quotes = text
    ? ' and should be enclosed in quotes'
    : literal.type === 'string'
      ? ' and should not be enclosed in quotes'
      : '';
  const word = text ? 'string' : (WORD_OF_TYPE[type] ?? type);
  throw semanticError(
    'INVALID_FIELD',
    scope.lexed,
    at,
    `value of filter criterion for field '${nameOf(value)}' must be of type ${word}${quotes}`,
  );
}

/** Refuses an operator that the type of a value does not have. */
export function checkOperator(scope: Scope, value: Value, operator: Operator | 'INCLUDES', at: number): void {
  const type = typeOf(value);
  const refuse = (what: string) => semanticError('INVALID_QUERY_FILTER_OPERATOR', scope.lexed, at, what);
  if (operator === 'INCLUDES') {
    if (type !== 'multipicklist') throw refuse(`invalid operator on ${type} field`);
    return;
  }
  if (operator === 'LIKE') {
    if (isIdType(type)) throw refuse('invalid operator on id field');
    if (!TEXTS.has(type) || type === 'multipicklist')
      throw refuse(`invalid operator on ${WORD_OF_TYPE[type] ?? type} field`);
    return;
  }
  if (type === 'boolean' && operator !== '=' && operator !== '!=')
    throw refuse('invalid operator on boolean field');
}
