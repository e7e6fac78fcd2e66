/**
 * Syntax tree -> text in one normal form: keywords in capitals, one blank between words, brackets only where the
 * grammar needs them. `print(parse(print(parse(q))))` is `print(parse(q))`. Sub-queries that outgrow their page become
 * statements of their own this way.
 */
import type { Condition, Expression, From, Literal, Option, Order, Query, SelectItem } from './ast.js';
import type { Lexed, Token } from './tokens.js';

/** The normal form of a query; `lexed` is what it was parsed from, `condition` stands in for its own WHERE. */
export function print(lexed: Lexed, query: Query, condition?: string): string {
  const { from, joins, scope, group, having, order, limit, offset } = query;
  const parts = [`SELECT ${query.select.map((item) => printItem(lexed, item)).join(', ')}`];
  parts.push(`FROM ${[from, ...joins].map(printFrom).join(', ')}`);
  if (scope !== undefined) parts.push(`USING SCOPE ${scope.name}`);
  const where = condition ?? (query.where === undefined ? undefined : printCondition(lexed, query.where));
  if (where !== undefined) parts.push(`WHERE ${where}`);
  if (query.with !== undefined) parts.push(`WITH ${query.with.text}`);
  if (group !== undefined) {
    const by = group.by.map(printExpression).join(', ');
    parts.push(`GROUP BY ${group.mode === 'plain' ? by : `${group.mode}(${by})`}`);
  }
  if (having !== undefined) parts.push(`HAVING ${printCondition(lexed, having)}`);
  if (order.length > 0) parts.push(`ORDER BY ${order.map(printOrder).join(', ')}`);
  if (limit !== undefined) parts.push(`LIMIT ${limit.value}`);
  if (offset !== undefined) parts.push(`OFFSET ${offset.value}`);
  parts.push(...query.options.map(printOption));
  return parts.join(' ');
}

/** A sub-query as a statement of its own: the children of one parent. */
export function printChildren(
  lexed: Lexed,
  query: Query,
  object: string,
  via: string,
  parentId: string,
): string {
  const own = `${via} = '${parentId}'`;
  const where = query.where === undefined ? own : `${own} AND (${printCondition(lexed, query.where)})`;
  return print(lexed, { ...query, from: { ...query.from, path: object } }, where);
}

const printFrom = ({ path, alias }: From): string => (alias === undefined ? path : `${path} ${alias}`);

function printItem(lexed: Lexed, item: SelectItem): string {
  switch (item.kind) {
    case 'selected':
      return `${printExpression(item.expression)}${item.alias === undefined ? '' : ` ${item.alias}`}`;
    case 'sub-query':
      return `(${print(lexed, item.query)})`;
    case 'fields':
      return `FIELDS(${item.which})`;
    case 'typeof': {
      const when = item.when.map(
        ({ type, fields }) => ` WHEN ${type} THEN ${fields.map(({ text }) => text).join(', ')}`,
      );
      const otherwise =
        item.otherwise === undefined ? '' : ` ELSE ${item.otherwise.map(({ text }) => text).join(', ')}`;
      return `TYPEOF ${item.path.text}${when.join('')}${otherwise} END`;
    }
  }
}

export function printExpression(expression: Expression): string {
  if (expression.kind === 'path') return expression.text;
  return `${expression.name}(${expression.argument === undefined ? '' : printExpression(expression.argument)})`;
}

function printOrder({ by, descending, nulls }: Order): string {
  return `${printExpression(by)}${descending ? ' DESC' : ''}${nulls === undefined ? '' : ` NULLS ${nulls}`}`;
}

function printOption({ name, honorEmptyStrings }: Option): string {
  return name === 'SET OPTIONS' ? `SET OPTIONS (honorEmptyStrings = ${honorEmptyStrings === true})` : name;
}

export function printCondition(lexed: Lexed, condition: Condition): string {
  const inner = (operand: Condition) =>
    operand.kind === 'and' || operand.kind === 'or' || operand.kind === 'not'
      ? `(${printCondition(lexed, operand)})`
      : printCondition(lexed, operand);
  const list = (values: readonly Literal[]) =>
    `(${values.map((value) => printLiteral(lexed, value)).join(', ')})`;
  switch (condition.kind) {
    case 'and':
      return condition.operands.map(inner).join(' AND ');
    case 'or':
      return condition.operands.map(inner).join(' OR ');
    case 'not':
      return `NOT ${inner(condition.operand)}`;
    case 'comparison':
      return `${printExpression(condition.left)} ${condition.operator} ${printLiteral(lexed, condition.value)}`;
    case 'in':
      return `${printExpression(condition.left)} ${condition.negated ? 'NOT IN' : 'IN'} ${list(condition.values)}`;
    case 'includes':
      return `${printExpression(condition.left)} ${condition.negated ? 'EXCLUDES' : 'INCLUDES'} ${list(condition.values)}`;
    case 'semi-join':
      return `${printExpression(condition.left)} ${condition.negated ? 'NOT IN' : 'IN'} (${print(lexed, condition.query)})`;
  }
}

/** Literals are read from the text at hand: a tree may serve every text of its shape. */
function printLiteral(lexed: Lexed, { type, text, at, countAt }: Literal): string {
  const tokenText = (index: number) => (lexed.tokens[index] as Token).text;
  if (countAt !== undefined) return `${text}:${tokenText(countAt)}`;
  return type === 'boolean' || type === 'null' || type === 'range' ? text : tokenText(at);
}
