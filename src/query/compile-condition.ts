/**
 * Conditions -> SQL. Two-valued like the language's own: NOT of something unknown is true, and `!=` keeps rows without
 * a value (salesforce-data-api.md §15.3).
 */
import { TEXTS } from './check-value.js';
import {
  type CheckedCondition,
  type CheckedLiteral,
  isNullable,
  type SearchCondition,
  type SearchReading,
  typeOf,
  type Value,
} from './checked.js';
import {
  aliasOf,
  type Comparing,
  callerId,
  columnSql,
  comparedSql,
  type Tables,
  valueSql,
} from './compile-value.js';
import type { LiteralParameter } from './parameters.js';
import { parameter } from './sql-writer.js';

/** Whether `!=` and NOT IN keep rows whose value is null: nothing recorded settles it, so it is decided here alone. */
const UNEQUAL_KEEPS_NULL = true;

export interface ConditionTarget {
  readonly tables: Tables;
  readonly honorEmptyStrings: boolean;
  /** `SELECT column …` of a semi-join's query. */
  readonly semiJoin: (join: CheckedCondition & { kind: 'semi-join' }) => string;
}

export function conditionSql(target: ConditionTarget, condition: CheckedCondition): string {
  const { tables } = target;
  switch (condition.kind) {
    case 'and':
    case 'or':
      return `(${condition.operands.map((operand) => conditionSql(target, operand)).join(condition.kind === 'and' ? ' AND ' : ' OR ')})`;
    case 'not':
      return `(${conditionSql(target, condition.operand)}) IS NOT TRUE`;
    case 'comparison':
      return comparisonSql(target, condition);
    case 'in':
      return membershipSql(target, condition);
    case 'includes':
      return inclusionSql(tables, condition);
    case 'search':
      return searchSql(tables, condition);
    case 'semi-join': {
      const left = columnSql(tables, condition.left);
      const inner = target.semiJoin(condition);
      if (!condition.negated) return `${left} IN (${inner})`;
      // NOT EXISTS rather than NOT IN: a null inside must not empty the result, and PostgreSQL can anti-join it.
      return `NOT EXISTS (SELECT 1 FROM (${inner}) AS inner_ids(id) WHERE inner_ids.id = ${left})`;
    }
  }
}

/** A value on the left, and how texts are compared with it. */
interface Left {
  readonly value: Value;
  readonly sql: string;
  readonly comparing: Comparing;
  readonly nullable: boolean;
}

function leftOf(target: ConditionTarget, value: Value): Left {
  const compared =
    value.kind === 'column'
      ? comparedSql(target.tables, value)
      : { sql: valueSql(target.tables, value), comparing: 'exact' as const };
  // A checkbox of a parent that is not there counts as unchecked.
  if (typeOf(value) === 'boolean' && isNullable(value)) {
    return { value, sql: `coalesce(${compared.sql}, false)`, comparing: 'exact', nullable: false };
  }
  return { value, ...compared, nullable: isNullable(value) };
}

function isNull(target: ConditionTarget, literal: CheckedLiteral): boolean {
  return literal.type === 'null' || (literal.text === "''" && !target.honorEmptyStrings);
}

// ---- one value -----------------------------------------------------------------------------------------

function comparisonSql(
  target: ConditionTarget,
  condition: CheckedCondition & { kind: 'comparison' },
): string {
  const { operator, value: literal } = condition;
  // Nothing is less or greater than null. Asked first: PostgreSQL refuses a parameter that the text never uses.
  if (operator !== 'LIKE' && operator !== '=' && operator !== '!=' && isNull(target, literal)) return 'false';
  const left = leftOf(target, condition.left);
  if (operator === 'LIKE') return likeSql(target.tables, left, literal);
  if (isNull(target, literal)) {
    if (typeOf(left.value) === 'boolean') return operator === '=' ? `NOT ${left.sql}` : left.sql;
    return `${left.sql} IS ${operator === '=' ? 'NULL' : 'NOT NULL'}`;
  }
  if (literal.type === 'range') return rangeSql(target.tables, left, operator, literal);
  const right = literalSql(target.tables, left, literal);
  if (operator === '!=')
    return left.nullable && UNEQUAL_KEEPS_NULL
      ? `${left.sql} IS DISTINCT FROM ${right}`
      : `${left.sql} <> ${right}`;
  return `${left.sql} ${operator} ${right}`;
}

function likeSql(tables: Tables, left: Left, literal: CheckedLiteral): string {
  const folded = left.comparing !== 'exact';
  const pattern = parameter(tables.writer, {
    kind: 'literal',
    as: folded ? 'folded-like' : 'like',
    at: literal.at,
    fieldAt: literal.fieldAt,
  });
  // Numbers and picklists have no key column; ILIKE can still use an index on the digits in front.
  return `${left.sql} ${folded ? 'LIKE' : 'ILIKE'} ${pattern}`;
}

/** `=` is inside the range, `<` before it, `>` after it; `<=` ends with it and `>=` begins with it. */
function rangeSql(tables: Tables, left: Left, operator: string, literal: CheckedLiteral): string {
  const of = typeOf(left.value) === 'date' ? 'date' : 'datetime';
  const end = (which: 'first' | 'after') =>
    `${parameter(tables.writer, { kind: 'range', end: which, of, at: literal.at, countAt: literal.countAt })}::${of === 'date' ? 'date' : 'timestamptz'}`;
  switch (operator) {
    case '=':
      return `(${left.sql} >= ${end('first')} AND ${left.sql} < ${end('after')})`;
    case '!=': {
      const outside = `${left.sql} < ${end('first')} OR ${left.sql} >= ${end('after')}`;
      return `(${outside}${left.nullable && UNEQUAL_KEEPS_NULL ? ` OR ${left.sql} IS NULL` : ''})`;
    }
    case '<':
      return `${left.sql} < ${end('first')}`;
    case '<=':
      return `${left.sql} < ${end('after')}`;
    case '>':
      return `${left.sql} >= ${end('after')}`;
    default:
      return `${left.sql} >= ${end('first')}`;
  }
}

const CASTS: Readonly<Record<string, string>> = {
  integer: 'bigint',
  number: 'double precision',
  boolean: 'boolean',
  date: 'date',
  datetime: 'timestamptz',
};

function literalParameter(left: Left, literal: CheckedLiteral): LiteralParameter {
  const { at, fieldAt } = literal;
  const field =
    left.value.kind === 'column' || left.value.kind === 'aggregate'
      ? left.value.kind === 'column'
        ? left.value.field
        : left.value.of.field
      : undefined;
  const type = typeOf(left.value);
  const make = (as: LiteralParameter['as']): LiteralParameter => ({ kind: 'literal', as, at, fieldAt });
  if (type === 'id' || type === 'reference') return make('id');
  if (type === 'picklist') return { ...make('picklist'), labels: field?.picklistValues ?? [] };
  if (TEXTS.has(type)) return make(left.comparing === 'exact' ? 'text' : 'folded');
  if (type === 'boolean') return make('boolean');
  if (type === 'date' || type === 'datetime') return make(type);
  return make(type === 'int' || type === 'long' ? 'integer' : 'number');
}

function literalSql(tables: Tables, left: Left, literal: CheckedLiteral): string {
  const value = literalParameter(left, literal);
  const cast = CASTS[value.as];
  return `${parameter(tables.writer, value)}${cast === undefined ? '' : `::${cast}`}`;
}

// ---- lists ---------------------------------------------------------------------------------------------

function membershipSql(target: ConditionTarget, condition: CheckedCondition & { kind: 'in' }): string {
  const { tables } = target;
  const left = leftOf(target, condition.left);
  const nulls = condition.values.some((value) => isNull(target, value));
  const ranges = condition.values.filter((value) => value.type === 'range');
  const plain = condition.values.filter((value) => value.type !== 'range' && !isNull(target, value));
  const tests: string[] = [];
  if (plain.length > 0) {
    const items = plain.map((value) => literalParameter(left, value));
    const cast = CASTS[(items[0] as LiteralParameter).as] ?? 'text';
    const list = `${parameter(tables.writer, { kind: 'list', items })}::${cast}[]`;
    tests.push(condition.negated ? `${left.sql} <> ALL(${list})` : `${left.sql} = ANY(${list})`);
  }
  for (const range of ranges) {
    const inside = rangeSql(tables, left, '=', range);
    tests.push(condition.negated ? `NOT ${inside}` : inside);
  }
  if (typeOf(left.value) === 'boolean' && nulls) tests.push(condition.negated ? left.sql : `NOT ${left.sql}`);
  else if (nulls) tests.push(`${left.sql} IS ${condition.negated ? 'NOT NULL' : 'NULL'}`);
  const all = `(${tests.join(condition.negated ? ' AND ' : ' OR ')})`;
  return condition.negated && left.nullable && !nulls && UNEQUAL_KEEPS_NULL
    ? `(${all} OR ${left.sql} IS NULL)`
    : all;
}

/** Multi-select values are stored joined by `;`. Each element of INCLUDES may itself name several, all of them wanted. */
function inclusionSql(tables: Tables, condition: CheckedCondition & { kind: 'includes' }): string {
  const column = valueSql(tables, condition.left);
  const tests = condition.values.map(({ at, fieldAt }) => {
    const wanted = parameter(tables.writer, { kind: 'literal', as: 'text', at, fieldAt });
    return `string_to_array(${column}, ';') @> string_to_array(${wanted}, ';')`;
  });
  const any = `(${tests.join(' OR ')})`;
  return condition.negated ? `(${any}) IS NOT TRUE` : any;
}

// ---- SOSL ----------------------------------------------------------------------------------------------

/** The row is found by the text index, or by reading its words where the index cannot tell. */
function searchSql(tables: Tables, { source, terms, reading, viewed }: SearchCondition): string {
  const run = (name: string) => parameter(tables.writer, { kind: 'run', name });
  const id = `${aliasOf(tables, source)}."id"`;
  const tests = [`d."object" = ${run('object')}`];
  if (terms !== undefined) tests.push(`d."terms" @@ ${run(terms)}::tsquery`);
  if (reading !== undefined) tests.push(readingSql(reading, (name) => `d."words" ~ ${run(name)}`));
  const found = `${id} IN (SELECT d."record_id" FROM "search_document" AS d WHERE ${tests.join(' AND ')})`;
  if (!viewed) return found;
  return `(${found} AND ${id} IN (SELECT v."record_id" FROM "recently_viewed" AS v WHERE v."user_id" = ${callerId(tables)} AND v."viewed_at" IS NOT NULL))`;
}

function readingSql(reading: SearchReading, matches: (parameterName: string) => string): string {
  switch (reading.kind) {
    case 'matches':
      return matches(reading.parameter);
    case 'never':
      return 'false';
    case 'not':
      return `NOT ${readingSql(reading.of, matches)}`;
    default:
      return `(${reading.of.map((one) => readingSql(one, matches)).join(reading.kind === 'and' ? ' AND ' : ' OR ')})`;
  }
}
