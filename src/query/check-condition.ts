/**
 * WHERE and HAVING: which conditions a field takes, and where sub-queries may stand (salesforce-data-api.md §15.3, §15.5).
 */
import type { Condition, Expression, SemiJoin } from './ast.js';
import { checkLiteral, checkOperator, checkValue, isIdType, refuseUnlessFilterable } from './check-value.js';
import type { CheckedCondition, CheckedQuery, ColumnValue, Value } from './checked.js';
import { semanticError, tooComplicated } from './errors.js';
import { resolve, type Scope } from './scope.js';

/** What the place of a condition allows. */
export interface ConditionPlace {
  readonly scope: Scope;
  /** Checks the value on the left; WHERE takes fields, HAVING what is grouped. */
  readonly left: (expression: Expression) => Value;
  /** Checks the query of a semi-join, or throws where none may stand. */
  readonly semiJoin: (join: SemiJoin) => CheckedQuery;
}

/** Semi-joins a WHERE may hold. */
const SEMI_JOINS_MAX = 2;

/**
 * Choices a condition may hold: ORs inside it, and date literals of an IN or `!=`, each of which is a range of its own.
 * PostgreSQL plans them in pairs: 6,000 kept it busy for a minute.
 */
const CHOICES_MAX = 500;

export function checkCondition(place: ConditionPlace, condition: Condition): CheckedCondition {
  refuseMisplacedJoins(place.scope, condition, 'top');
  if (choicesOf(condition) > CHOICES_MAX) throw tooComplicated();
  return check(place, condition);
}

function choicesOf(condition: Condition): number {
  switch (condition.kind) {
    case 'and':
    case 'or': {
      const inside = condition.operands.reduce((sum, operand) => sum + choicesOf(operand), 0);
      return condition.kind === 'or' ? inside + 1 : inside;
    }
    case 'not':
      // NOT makes an OR of an AND.
      return choicesOf(condition.operand) + 1;
    case 'in':
      return condition.values.filter(({ type }) => type === 'range').length;
    case 'comparison':
      return condition.operator === '!=' && condition.value.type === 'range' ? 1 : 0;
    default:
      return 0;
  }
}

function check(place: ConditionPlace, condition: Condition): CheckedCondition {
  const { scope } = place;
  switch (condition.kind) {
    case 'and':
    case 'or':
      return { kind: condition.kind, operands: condition.operands.map((operand) => check(place, operand)) };
    case 'not':
      return { kind: 'not', operand: check(place, condition.operand) };
    case 'comparison': {
      const left = place.left(condition.left);
      const at = fieldAt(condition.left);
      checkOperator(scope, left, condition.operator, at);
      return {
        kind: 'comparison',
        left,
        operator: condition.operator,
        value: checkLiteral(scope, left, condition.value, at),
      };
    }
    case 'in': {
      const left = place.left(condition.left);
      const at = fieldAt(condition.left);
      const values = condition.values.map((value) => checkLiteral(scope, left, value, at));
      return { kind: 'in', left, negated: condition.negated, values };
    }
    case 'includes': {
      const left = place.left(condition.left);
      const at = fieldAt(condition.left);
      checkOperator(scope, left, 'INCLUDES', at);
      const values = condition.values.map((value) => checkLiteral(scope, left, value, at));
      return { kind: 'includes', left, negated: condition.negated, values };
    }
    case 'semi-join': {
      const query = place.semiJoin(condition);
      return {
        kind: 'semi-join',
        left: checkJoinLeft(scope, condition, query),
        negated: condition.negated,
        query,
      };
    }
  }
}

/** The token of the field inside any functions. */
function fieldAt(expression: Expression): number {
  return expression.kind === 'path' || expression.argument === undefined
    ? expression.at
    : fieldAt(expression.argument);
}

/** The left side of WHERE: a field that filters, or a date function of one. */
export function filteredValue(scope: Scope, expression: Expression): Value {
  const value = checkValue(scope, expression);
  if (value.kind === 'aggregate' || value.kind === 'grouping') {
    throw semanticError(
      'MALFORMED_QUERY',
      scope.lexed,
      expression.at,
      'Aggregate functions are not supported in the WHERE clause',
    );
  }
  refuseUnlessFilterable(scope, value.kind === 'column' ? value : value.of, fieldAt(expression));
  return value;
}

// ---- semi-joins ----------------------------------------------------------------------------------------

function refuseMisplacedJoins(
  scope: Scope,
  condition: Condition,
  inside: 'top' | 'or' | 'not',
  seen = { count: 0 },
): void {
  switch (condition.kind) {
    case 'and':
    case 'or':
      for (const operand of condition.operands) {
        refuseMisplacedJoins(scope, operand, condition.kind === 'or' ? 'or' : inside, seen);
      }
      return;
    case 'not':
      refuseMisplacedJoins(scope, condition.operand, 'not', seen);
      return;
    case 'semi-join': {
      const refuse = (code: string, text: string) => semanticError(code, scope.lexed, condition.at, text);
      if (inside === 'or')
        throw refuse('MALFORMED_QUERY', "Semi join sub-selects are not allowed with the 'OR' operator");
      if (inside === 'not')
        throw refuse('MALFORMED_QUERY', "Semi join sub-selects are not allowed with the 'NOT' operator");
      if (++seen.count > SEMI_JOINS_MAX) {
        throw refuse(
          'EXCEEDED_MAX_SEMIJOIN_SUBSELECTS',
          `Maximum ${SEMI_JOINS_MAX} semi join sub-selects are allowed`,
        );
      }
      return;
    }
    default:
      return;
  }
}

/** Both sides must be ids of the same object; what the inner query selects is its only member. */
function checkJoinLeft(scope: Scope, join: SemiJoin, query: CheckedQuery): ColumnValue {
  const refuse = (text: string, at = join.left.at) => semanticError('MALFORMED_QUERY', scope.lexed, at, text);
  if (join.left.kind !== 'path')
    throw refuse('The left operand of a semi join must be an id or reference field');
  const left = resolve(scope, join.left.text, join.left.at);
  if (left.source !== scope.root)
    throw refuse('The left operand cannot have more than one level of relationships');
  refuseUnlessFilterable(scope, left, join.left.at);
  if (!isIdType(left.field.type))
    throw refuse(`The left operand field '${left.field.name}' must be an id or reference field`);
  if (query.object === scope.root.object)
    throw refuse('The inner and outer selects should not be on the same object type');
  const selected = joinedColumn(query);
  if (!targetsOf(left).some((type) => targetsOf(selected).includes(type))) {
    throw refuse(
      `The selected field '${selected.field.name}' in the subquery and the left operand field in the where expression in the outer query '${left.field.name}' should point to the same object type`,
    );
  }
  return left;
}

/** The one column a semi-join's query selects. */
export function joinedColumn(query: CheckedQuery): ColumnValue {
  const [member] = query.members;
  if (member?.kind !== 'value' || member.value.kind !== 'column')
    throw new Error('a semi-join selects one column');
  return member.value;
}

/** The objects a column's ids belong to. */
function targetsOf({ source, field }: ColumnValue): readonly string[] {
  return field.type === 'id' ? [source.object.name] : (field.referenceTo ?? []);
}
