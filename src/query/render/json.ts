/**
 * Rows of the wire -> JSON bytes, by a program compiled once per query shape. Ids, numbers and booleans are copied,
 * moments are rewritten in place, and only text is scanned for characters JSON escapes (DECISIONS 9, Bytes).
 * Record form: salesforce-data-api.md §12.
 */
import type { Caller } from '../../access/caller.js';
import type { MemberShape, RecordShape, ValueForm, ValueShape } from '../shape.js';
import { createColumnIndex, indexColumns } from './columns.js';
import { type ChildPages, type JsonContext, type JsonRenderer, Op, run, type Step } from './json-steps.js';
import { peopleOf } from './people.js';
import { constantOf, reserve } from './sink.js';

/**
 * Compiles a shape. `base` begins the URLs, such as `/services/data/v60.0`. `moments` are the record's own columns that
 * come in PostgreSQL's binary form.
 */
export function compileJson(
  record: RecordShape,
  columnCount: number,
  base: string,
  moments?: ReadonlySet<number>,
): JsonRenderer {
  const steps = compileSteps(
    recordDrafts(record, base).map((draft) =>
      draft.op === Op.DateTime && moments?.has(draft.column) === true ? { ...draft, op: Op.Moment } : draft,
    ),
  );
  const index = createColumnIndex(columnCount);
  const fixedBytes = sizeOf(steps);
  // Every byte of a row can become six (\u00XX); what steps add is bounded by their constants.
  const room = (bytes: number) => bytes * 6 + fixedBytes;
  return {
    room: (row) => room(row.length),
    write(sink, row, context, start = 0, end = row.length) {
      indexColumns(row, index, start);
      sink.rowBytes = room(end - start);
      reserve(sink, sink.rowBytes);
      run(sink, steps, row, index, context);
    },
  };
}

/** What a JSON renderer is given for a caller; most pages have nothing that is formatted. */
export const contextOf = (caller: Caller, childPages?: ChildPages): JsonContext => ({
  get people() {
    return peopleOf(caller);
  },
  childPages,
});

/** No form adds more than this to a column's bytes: quotes, `.000+0000`. */
const ROOM_PER_STEP = 24;

function sizeOf(steps: readonly Step[]): number {
  let size = 0;
  for (const step of steps) {
    size += step.before.length + ROOM_PER_STEP + sizeOf(step.inner);
    for (const branch of step.branches?.values() ?? []) size += sizeOf(branch);
  }
  return size;
}

/** A step whose constant is still text. */
interface Draft {
  readonly op: Op;
  readonly before: string;
  readonly column: number;
  readonly labels?: ReadonlyMap<string, string> | undefined;
  readonly inner?: readonly Step[];
  readonly branches?: ReadonlyMap<string, readonly Step[]>;
  readonly children?: JsonRenderer;
}

const constant = (before: string): Draft => ({ op: Op.Constant, before, column: -1 });

/** Joins constants to the step behind them. */
function compileSteps(drafts: readonly Draft[]): readonly Step[] {
  const steps: Step[] = [];
  let pending = '';
  const push = (draft: Draft, before: string) =>
    steps.push({
      op: draft.op,
      before: constantOf(before),
      column: draft.column,
      labels: draft.labels,
      inner: draft.inner ?? [],
      branches: draft.branches,
      children: draft.children,
    });
  for (const draft of drafts) {
    if (draft.op === Op.Constant) {
      pending += draft.before;
      continue;
    }
    push(draft, pending + draft.before);
    pending = '';
  }
  if (pending !== '') push(constant(pending), pending);
  return steps;
}

function recordDrafts(record: RecordShape, base: string): Draft[] {
  const type = JSON.stringify(record.type);
  const drafts: Draft[] = [];
  if (record.id === undefined) drafts.push(constant(`{"attributes":{"type":${type}}`));
  else {
    const url = `{"attributes":{"type":${type},"url":"${base}/sobjects/`;
    if (record.kindColumn === undefined) drafts.push(constant(`${url}${record.type}/`));
    else drafts.push(constant(url), { op: Op.Kind, before: '', column: record.kindColumn }, constant('/'));
    drafts.push({ op: Op.Raw, before: '', column: record.id }, constant('"}'));
  }
  for (const member of record.members) drafts.push(memberDraft(member, base));
  drafts.push(constant('}'));
  return drafts;
}

const OPS: Readonly<Record<ValueForm, Op>> = {
  id: Op.Quoted,
  date: Op.Quoted,
  integer: Op.Raw,
  json: Op.Json,
  boolean: Op.Boolean,
  datetime: Op.DateTime,
  text: Op.Text,
  any: Op.Text,
  double: Op.Double,
  time: Op.Time,
  'format-number': Op.FormatNumber,
  'format-date': Op.FormatDate,
  'format-datetime': Op.FormatDateTime,
  label: Op.Label,
};

function memberDraft(member: MemberShape, base: string): Draft {
  const before = `,${JSON.stringify(member.key)}:`;
  const stepsOf = (record: RecordShape) => compileSteps(recordDrafts(record, base));
  switch (member.kind) {
    case 'value':
      return { op: OPS[member.form], before, column: member.column, labels: labelsOf(member) };
    case 'parent':
      return { op: Op.Parent, before, column: member.presence, inner: stepsOf(member.record) };
    case 'typed': {
      const branches = new Map(member.branches.map(({ type, record }) => [type, stepsOf(record)]));
      const inner =
        member.otherwise === undefined ? compileSteps([constant('null')]) : stepsOf(member.otherwise);
      return { op: Op.Typed, before, column: member.kindColumn, branches, inner };
    }
    case 'children': {
      const children = compileJson(member.record, member.columnCount, base);
      return { op: Op.Children, before, column: member.column, children };
    }
  }
}

const labelsOf = ({ form, labels }: ValueShape): ReadonlyMap<string, string> | undefined =>
  form === 'label' ? new Map((labels ?? []).map(({ value, label }) => [value, label ?? value])) : undefined;
