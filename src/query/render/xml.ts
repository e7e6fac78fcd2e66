/**
 * Rows of the wire -> the sObjects of SOAP, by a program compiled once per query shape and dialect. The partner dialect
 * names the type in an element, keeps Id in second place and writes nulls; the enterprise dialect says the type in
 * xsi:type, leaves nulls out and keeps the order of its schema, which typed clients rely on (salesforce-data-api.md
 * §8.3).
 */
import type { MemberShape, RecordShape, ValueForm, ValueShape } from '../shape.js';
import { createColumnIndex, indexColumns } from './columns.js';
import { constantOf, reserve } from './sink.js';
import { runXml, XmlOp, type XmlRenderer, type XmlStep } from './xml-steps.js';

export type XmlDialect = 'partner' | 'enterprise';

/** Names as they follow each other in the enterprise schema: Id, then by code point. */
export const inSchemaOrder = (a: string, b: string): number => {
  if (a === b) return 0;
  if (a === 'Id') return -1;
  return b === 'Id' || a > b ? 1 : -1;
};

/** Compiles a shape; each row becomes an element named `tag`. */
export function compileXml(
  record: RecordShape,
  columnCount: number,
  dialect: XmlDialect,
  tag: string,
): XmlRenderer {
  const program: Program = { dialect };
  const steps = compileSteps([
    literal(`<${tag} xsi:type="sf:${typeNameOf(record, dialect)}">`),
    ...recordDrafts(record, program),
    literal(`</${tag}>`),
  ]);
  const index = createColumnIndex(columnCount);
  const fixedBytes = sizeOf(steps);
  // The rows of one read of the socket share their memory, and so one view of it.
  let viewed: ArrayBufferLike | undefined;
  let rowView: DataView = new DataView(new ArrayBuffer(0));
  return {
    write(sink, row, context) {
      if (row.buffer !== viewed) {
        viewed = row.buffer;
        rowView = new DataView(row.buffer);
      }
      indexColumns(row, index);
      // Every byte of a row can become five (&#xD;); what steps add is bounded by their constants.
      sink.rowBytes = row.length * 5 + fixedBytes;
      reserve(sink, sink.rowBytes);
      runXml(sink, steps, row, rowView, index, context);
    },
  };
}

interface Program {
  readonly dialect: XmlDialect;
}

/** No form adds more than this to a column's bytes: `.000Z`, `.0`. */
const ROOM_PER_STEP = 24;

function sizeOf(steps: readonly XmlStep[]): number {
  let size = 0;
  for (const step of steps) {
    size +=
      step.open.length +
      step.close.length +
      step.nil.length +
      step.wide.length +
      ROOM_PER_STEP +
      sizeOf(step.inner);
    for (const branch of step.branches?.values() ?? []) size += sizeOf(branch);
  }
  return size;
}

/** A step whose constants are still text. */
interface Draft {
  readonly op: XmlOp;
  readonly open: string;
  readonly close?: string;
  readonly nil?: string;
  readonly wide?: string;
  readonly column: number;
  readonly labels?: ReadonlyMap<string, string> | undefined;
  readonly inner?: readonly XmlStep[];
  readonly branches?: ReadonlyMap<string, readonly XmlStep[]>;
  readonly children?: XmlRenderer;
}

const literal = (open: string): Draft => ({ op: XmlOp.Constant, open, column: -1 });

/** Joins neighbouring constants. */
function compileSteps(drafts: readonly Draft[]): readonly XmlStep[] {
  const joined: Draft[] = [];
  for (const draft of drafts) {
    const last = joined.at(-1);
    if (draft.op === XmlOp.Constant && last?.op === XmlOp.Constant) {
      joined[joined.length - 1] = literal(last.open + draft.open);
    } else joined.push(draft);
  }
  return joined.map(
    ({ op, open, close = '', nil = '', wide = '', column, labels, inner = [], branches, children }) => ({
      op,
      open: constantOf(open),
      close: constantOf(close),
      nil: constantOf(nil),
      wide: constantOf(wide),
      column,
      labels,
      inner,
      branches,
      children,
    }),
  );
}

const typeNameOf = ({ type }: RecordShape, dialect: XmlDialect): string =>
  dialect === 'partner' ? 'sObject' : type;

const isOwnId = (member: MemberShape): boolean => member.kind === 'value' && member.key === 'Id';

function recordDrafts(record: RecordShape, program: Program): Draft[] {
  const { members } = record;
  const isAggregate = record.id === undefined;
  const drafts = (list: readonly MemberShape[]) =>
    list.flatMap((member) => memberDrafts(member, program, isAggregate));
  if (program.dialect === 'enterprise') {
    return drafts([...members].sort((a, b) => inSchemaOrder(a.key, b.key)));
  }
  const id = isAggregate ? undefined : members.find(isOwnId);
  return [
    literal(`<sf:type>${record.type}</sf:type>`),
    ...(id === undefined ? [literal('<sf:Id xsi:nil="true"/>')] : drafts([id])),
    ...drafts(members),
  ];
}

const OPS: Readonly<Record<ValueForm, XmlOp>> = {
  id: XmlOp.Raw,
  date: XmlOp.Raw,
  integer: XmlOp.Raw,
  json: XmlOp.Text,
  boolean: XmlOp.Boolean,
  datetime: XmlOp.DateTime,
  text: XmlOp.Text,
  any: XmlOp.Any,
  double: XmlOp.Double,
  time: XmlOp.Time,
  'format-number': XmlOp.FormatNumber,
  'format-date': XmlOp.FormatDate,
  'format-datetime': XmlOp.FormatDateTime,
  label: XmlOp.Label,
};

/** Types of values whose element says nothing about them; unconfirmed for aggregates, kept in this one place. */
const SCHEMA_TYPES: Partial<Record<ValueForm, string>> = {
  integer: 'int',
  double: 'double',
  boolean: 'boolean',
  datetime: 'dateTime',
  date: 'date',
  time: 'time',
};

/** The type of those values that do not fit the one above: large numbers, and moments among values of any type. */
const WIDE_TYPES: Partial<Record<ValueForm, string>> = { integer: 'long', any: 'dateTime' };

function memberDrafts(member: MemberShape, program: Program, isAggregate: boolean): Draft[] {
  const { dialect } = program;
  const name = `sf:${member.key}`;
  const close = `</${name}>`;
  const nil = dialect === 'partner' ? `<${name} xsi:nil="true"/>` : '';
  const stepsOf = (record: RecordShape) => compileSteps(recordDrafts(record, program));
  const parentOpen = (record: RecordShape) => `<${name} xsi:type="sf:${typeNameOf(record, dialect)}">`;
  switch (member.kind) {
    case 'value': {
      const typed = isAggregate || member.form === 'any';
      const isWhole = typed && member.form === 'integer';
      const wide = typed ? WIDE_TYPES[member.form] : undefined;
      const type = typed ? ` xsi:type="xsd:${SCHEMA_TYPES[member.form] ?? 'string'}"` : '';
      return [
        {
          op: isWhole ? XmlOp.Integer : OPS[member.form],
          wide: wide === undefined ? '' : `<${name} xsi:type="xsd:${wide}">`,
          open: `<${name}${type}>`,
          close,
          nil,
          column: member.column,
          labels: labelsOf(member),
        },
      ];
    }
    case 'parent':
      return [
        {
          op: XmlOp.Parent,
          open: parentOpen(member.record),
          close,
          nil,
          column: member.presence,
          inner: stepsOf(member.record),
        },
      ];
    case 'typed': {
      const whole = (record: RecordShape) =>
        compileSteps([literal(parentOpen(record)), ...recordDrafts(record, program), literal(close)]);
      const branches = new Map(member.branches.map(({ type, record }) => [type, whole(record)]));
      const inner = member.otherwise === undefined ? compileSteps([literal(nil)]) : whole(member.otherwise);
      return [{ op: XmlOp.Typed, open: '', nil, column: member.kindColumn, branches, inner }];
    }
    case 'children': {
      const children = compileXml(member.record, member.columnCount, dialect, 'records');
      return [
        {
          op: XmlOp.Children,
          open: `<${name} xsi:type="QueryResult">`,
          close,
          nil,
          column: member.column,
          children,
        },
      ];
    }
  }
}

const labelsOf = ({ form, labels }: ValueShape): ReadonlyMap<string, string> | undefined =>
  form === 'label' ? new Map((labels ?? []).map(({ value, label }) => [value, label ?? value])) : undefined;
