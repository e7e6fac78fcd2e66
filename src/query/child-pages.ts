/**
 * Children that do not fit beside their parent: past 2,000 they are the pages of a statement of their own, whose
 * locator stands in the sub-query's value (salesforce-data-api.md §12, DECISIONS 9).
 */
import { ApiError } from '../errors.js';
import type { CheckedQuery, ChildrenMember } from './checked.js';
import { CHILDREN_MAX } from './compiler.js';
import type { Plan } from './plan.js';
import { printChildren } from './print.js';
import { columnText } from './render/columns.js';
import type { ChildPage, ChildPages } from './render/json-steps.js';
import type { ChildrenShape } from './shape.js';
import type { Lexed } from './tokens.js';

/** An array of that many rows is no shorter than this, so shorter columns need not be read. */
const ROW_CHARS_MIN = 20;

/** Opens a statement and gives what its first page says. */
export type OpenStatement = (
  soql: string,
) => Promise<{ totalSize: number; nextRecordsUrl: string | undefined }>;

/** Opens a statement for each parent whose children came cut off. Undefined where there is none: the usual case. */
export async function childPagesOf(
  plan: Plan,
  lexed: Lexed,
  rows: readonly Buffer[],
  open: OpenStatement,
): Promise<ChildPages | undefined> {
  const shapes = plan.compiled.record.members.filter((member) => member.kind === 'children');
  if (shapes.length === 0) return undefined;
  const members = plan.query.members.filter((member) => member.kind === 'children');
  const pages = new Map<Uint8Array, Map<number, ChildPage>>();
  for (const row of rows) {
    for (const [position, shape] of shapes.entries()) {
      const member = members[position] as ChildrenMember;
      const json = columnText(row, plan.columnCount, shape.column);
      if (json === null || !isCutOff(json, shape, member.query)) continue;
      const parentId = columnText(row, plan.columnCount, plan.compiled.idColumn as number) as string;
      const soql = printChildren(lexed, member.syntax, member.query.object.name, member.via.name, parentId);
      const { totalSize, nextRecordsUrl } = await open(soql);
      const ofRow = pages.get(row) ?? new Map<number, ChildPage>();
      if (nextRecordsUrl !== undefined)
        ofRow.set(shape.column, { rows: CHILDREN_MAX, totalSize, nextRecordsUrl });
      pages.set(row, ofRow);
    }
  }
  return pages;
}

/** Whether a sub-query's rows are more than one page; refuses where that happens further down. */
function isCutOff(json: string, shape: ChildrenShape, query: CheckedQuery): boolean {
  if (json.length < CHILDREN_MAX * ROW_CHARS_MIN) return false;
  const rows = JSON.parse(json) as (string | null)[][];
  const inner = shape.record.members.filter((member) => member.kind === 'children');
  const members = query.members.filter((member) => member.kind === 'children');
  for (const row of rows) {
    for (const [position, nested] of inner.entries()) {
      const text = row[nested.column] ?? null;
      if (text === null || !isCutOff(text, nested, (members[position] as ChildrenMember).query)) continue;
      throw new ApiError(
        'OPERATION_TOO_LARGE',
        `a sub-query inside a sub-query can return at most ${CHILDREN_MAX} rows a parent`,
      );
    }
  }
  return rows.length > CHILDREN_MAX;
}
