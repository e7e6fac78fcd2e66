/**
 * `?explain=`: how PostgreSQL would read the rows of a statement, in the words of the query plan resource
 * (salesforce-data-api.md §9). Costs are relative to reading the whole table: above 1 nothing is gained.
 */
import type { Caller } from '../access/caller.js';
import type { SObjectDescription } from '../objects/language.js';
import { columnOf, hasColumn, keyColumnOf, tableOf } from '../store/columns.js';
import type { Database, Tx } from '../store/database.js';
import { bindingFor } from './binding.js';
import type { CheckedCondition, CheckedQuery } from './checked.js';
import { bind } from './parameters.js';
import { planOf } from './plan.js';

/** A node of EXPLAIN (FORMAT JSON), as far as it is read here. */
interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Total Cost': number;
  readonly 'Plan Rows': number;
  readonly Plans?: readonly PlanNode[];
}

interface Note {
  readonly description: string;
  readonly fields: readonly string[];
  readonly tableEnumOrId: string;
}

const ROWS_PAGE = 2_001;

/** The JSON document of `…/query?explain=`. Throws what the statement itself would be refused for. */
export async function explainQuery(db: Database | Tx, caller: Caller, soql: string): Promise<Buffer> {
  const { plan, lexed } = planOf(soql, caller, false);
  const { object } = plan.query;
  const { text, parameters } = plan.compiled.first;
  const run = { limit: Math.min(plan.query.limit ?? ROWS_PAGE, ROWS_PAGE), offset: plan.query.offset };
  const binding = await bindingFor(db, lexed, caller, parameters);
  const values = bind(parameters, { ...binding, run });
  const [explained] = await db.query<{ 'QUERY PLAN': readonly { readonly Plan: PlanNode }[] }>(
    `EXPLAIN (FORMAT JSON) ${text}`,
    values,
  );
  const top = explained?.['QUERY PLAN'][0]?.Plan as PlanNode;
  const table = tableOf(object);
  const leading =
    nodesOf(top).find((node) => node['Relation Name'] === table) ??
    nodesOf(top).find((node) => 'Index Name' in node);
  const [size] = await db.query<{ rows: number; cost: number }>(
    `SELECT greatest(reltuples, 0)::float8 AS rows, greatest(relpages + 0.01 * reltuples, 1)::float8 AS cost
       FROM pg_class WHERE oid = to_regclass($1)`,
    [table],
  );
  const indexed = await indexesOf(db, table);
  const index = nodesOf(leading).find((node) => node['Index Name'] !== undefined)?.['Index Name'];
  const document = {
    plans: [
      {
        cardinality: leading?.['Plan Rows'] ?? top['Plan Rows'],
        fields: index === undefined ? [] : fieldsOf(object, indexed.get(index) ?? []),
        leadingOperationType:
          index !== undefined ? 'Index' : leading?.['Node Type'] === 'Seq Scan' ? 'TableScan' : 'Other',
        notes: notesOf(plan.query, indexed),
        relativeCost: Number((top['Total Cost'] / (size?.cost ?? 1)).toPrecision(4)),
        sobjectCardinality: Math.round(size?.rows ?? 0),
        sobjectType: object.name,
      },
    ],
    sourceQuery: soql,
  };
  return Buffer.from(JSON.stringify(document));
}

function nodesOf(node: PlanNode | undefined): readonly PlanNode[] {
  return node === undefined ? [] : [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

/** Columns of each index of a table, the leading one first. */
async function indexesOf(db: Database | Tx, table: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await db.query<{ index: string; columns: string[] }>(
    `SELECT c.relname AS index, array_agg(a.attname::text ORDER BY a.attnum) AS columns
       FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_attribute a ON a.attrelid = i.indexrelid
      WHERE i.indrelid = to_regclass($1) GROUP BY c.relname`,
    [table],
  );
  return new Map(rows.map(({ index, columns }) => [index, columns]));
}

function fieldsOf(object: SObjectDescription, columns: readonly string[]): string[] {
  return columns.flatMap((column) => {
    const field = object.fields.find(
      (one) => hasColumn(one) && (columnOf(one) === column || keyColumnOf(one) === column),
    );
    return field === undefined ? [] : [field.name];
  });
}

/** Filters that no index could answer; IsDeleted is one of every query. */
function notesOf(query: CheckedQuery, indexed: ReadonlyMap<string, readonly string[]>): Note[] {
  const leading = new Set([...indexed.values()].map(([first]) => first));
  const names = new Set(['IsDeleted', ...filteredFields(query.where)]);
  return [...names].flatMap((name) => {
    const field = query.object.fields.find((one) => one.name === name);
    if (field === undefined || !hasColumn(field)) return [];
    if (leading.has(columnOf(field)) || leading.has(keyColumnOf(field) ?? '')) return [];
    return [
      {
        description: 'Not considering filter for optimization because unindexed',
        fields: [name],
        tableEnumOrId: query.object.name,
      },
    ];
  });
}

function filteredFields(condition: CheckedCondition | undefined): string[] {
  if (condition === undefined) return [];
  switch (condition.kind) {
    case 'search':
      return [];
    case 'and':
    case 'or':
      return condition.operands.flatMap(filteredFields);
    case 'not':
      return filteredFields(condition.operand);
    default: {
      const { left } = condition;
      const column = left.kind === 'column' ? left : left.kind === 'date-function' ? left.of : undefined;
      return column !== undefined && column.source.index === 0 ? [column.field.name] : [];
    }
  }
}
