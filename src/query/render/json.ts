/**
 * Rows of the wire -> JSON bytes, by a program compiled once per query shape. Ids, numbers and booleans are copied,
 * moments are rewritten in place, and only text is scanned for characters JSON escapes (DECISIONS 9, Bytes).
 * Record form: salesforce-data-api.md §12.
 */

import {
  type MemberShape,
  objectOfKind,
  type RecordShape,
  type ValueForm,
  type ValueShape,
} from '../shape.js';
import { type ColumnIndex, childRows, createColumnIndex, indexColumns } from './columns.js';
import type { People } from './people.js';

/** What rendering needs besides the rows. */
export interface JsonContext {
  readonly people: People;
  /** Where children go on that did not come with their parent: by the parent's row and the column. */
  readonly childPages?: ChildPages | undefined;
}

/** The first page of one parent's children is cut off at `rows`; the rest is behind a locator. */
export interface ChildPage {
  readonly rows: number;
  readonly totalSize: number;
  readonly nextRecordsUrl: string;
}

export type ChildPages = ReadonlyMap<Uint8Array, ReadonlyMap<number, ChildPage>>;

export interface JsonRenderer {
  /** The record of one row as JSON bytes appended to the sink. */
  write(sink: Sink, row: Uint8Array, context: JsonContext): void;
}

/** A growing buffer that is cut into chunks. */
export interface Sink {
  buffer: Buffer;
  at: number;
  /** Bytes the row being written may still need, however it goes on. */
  rowBytes: number;
}

const SLAB_BYTES = 64 * 1024;

export const openSink = (bytes = SLAB_BYTES): Sink => ({
  buffer: Buffer.allocUnsafeSlow(bytes),
  at: 0,
  rowBytes: 0,
});

/** Makes room for `bytes` more. */
export function reserve(sink: Sink, bytes: number): void {
  const { length } = sink.buffer;
  if (sink.at + bytes <= length) return;
  const grown = Buffer.allocUnsafeSlow(Math.max(length * 2, length === 0 ? SLAB_BYTES : 0, sink.at + bytes));
  sink.buffer.copy(grown, 0, 0, sink.at);
  sink.buffer = grown;
}

const EMPTY = Buffer.alloc(0);

/** What was written so far; the sink begins anew. */
export function takeChunk(sink: Sink): Buffer {
  const chunk = sink.buffer.subarray(0, sink.at);
  sink.buffer = EMPTY;
  sink.at = 0;
  return chunk;
}

export function writeText(sink: Sink, text: string): void {
  reserve(sink, text.length * 3);
  sink.at += sink.buffer.write(text, sink.at);
}

// ---- the program ---------------------------------------------------------------------------------------

/** One step: constant bytes, then perhaps a column. Steps of parents and sub-queries nest. */
interface Step {
  readonly op: Op;
  readonly before: Uint8Array;
  readonly column: number;
  readonly labels: ReadonlyMap<string, string> | undefined;
  /** Steps of a parent that is there; of the type found, for TYPEOF. */
  readonly inner: readonly Step[];
  readonly branches: ReadonlyMap<string, readonly Step[]> | undefined;
  readonly children: JsonRenderer | undefined;
}

type Op = ValueForm | 'constant' | 'raw' | 'kind' | 'parent' | 'typed' | 'children';

const NONE = new Uint8Array(0);

/** Compiles a shape. `base` begins the URLs, such as `/services/data/v60.0`. */
export function compileJson(record: RecordShape, columnCount: number, base: string): JsonRenderer {
  const steps = mergeConstants(recordSteps(record, base));
  const index = createColumnIndex(columnCount);
  return {
    write(sink, row, context) {
      indexColumns(row, index);
      // Every byte of a row can become six (\u00XX); what steps add is bounded by their constants.
      sink.rowBytes = row.length * 6 + sizeOf(steps);
      reserve(sink, sink.rowBytes);
      run(sink, steps, row, index, context);
    },
  };
}

/** No form adds more than this to a column's bytes: quotes, `.000+0000`. */
const ROOM_PER_STEP = 16;

const sizes = new WeakMap<readonly Step[], number>();

function sizeOf(steps: readonly Step[]): number {
  let size = sizes.get(steps);
  if (size === undefined) {
    size = 0;
    for (const step of steps) {
      size += step.before.length + ROOM_PER_STEP + sizeOf(step.inner);
      for (const branch of step.branches?.values() ?? []) size += sizeOf(branch);
    }
    sizes.set(steps, size);
  }
  return size;
}

const step = (op: Op, before: string, column = -1, more: Partial<Step> = {}): Step => ({
  op,
  before: before === '' ? NONE : Buffer.from(before),
  column,
  labels: undefined,
  inner: [],
  branches: undefined,
  children: undefined,
  ...more,
});

function recordSteps(record: RecordShape, base: string): Step[] {
  const attributes = `{"attributes":{"type":${JSON.stringify(record.type)}`;
  const steps: Step[] = [];
  if (record.id === undefined) steps.push(step('constant', `${attributes}}`));
  else if (record.kindColumn === undefined) {
    steps.push(
      step('constant', `${attributes},"url":"${base}/sobjects/${record.type}/`),
      step('raw', '', record.id),
      step('constant', '"}'),
    );
  } else {
    steps.push(
      step('constant', `${attributes},"url":"${base}/sobjects/`),
      step('kind', '', record.kindColumn),
      step('constant', '/'),
      step('raw', '', record.id),
      step('constant', '"}'),
    );
  }
  for (const member of record.members) steps.push(...memberSteps(member, base));
  steps.push(step('constant', '}'));
  return steps;
}

function memberSteps(member: MemberShape, base: string): Step[] {
  const key = `,${JSON.stringify(member.key)}:`;
  switch (member.kind) {
    case 'value':
      return [step(member.form, key, member.column, { labels: labelsOf(member) })];
    case 'parent':
      return [
        step('parent', key, member.presence, { inner: mergeConstants(recordSteps(member.record, base)) }),
      ];
    case 'typed': {
      const branches = new Map(
        member.branches.map(({ type, record }) => [type, mergeConstants(recordSteps(record, base))]),
      );
      const inner =
        member.otherwise === undefined
          ? [step('constant', 'null')]
          : mergeConstants(recordSteps(member.otherwise, base));
      return [step('typed', key, member.kindColumn, { branches, inner })];
    }
    case 'children': {
      return [
        step('children', key, member.column, {
          children: compileJson(member.record, member.columnCount, base),
        }),
      ];
    }
  }
}

const labelsOf = ({ form, labels }: ValueShape): ReadonlyMap<string, string> | undefined =>
  form === 'label' ? new Map((labels ?? []).map(({ value, label }) => [value, label ?? value])) : undefined;

/** Joins a constant to the step behind it. */
function mergeConstants(steps: readonly Step[]): readonly Step[] {
  const merged: Step[] = [];
  for (const one of steps) {
    const last = merged.at(-1);
    if (last?.op === 'constant')
      merged[merged.length - 1] = { ...one, before: Buffer.concat([last.before, one.before]) };
    else merged.push(one);
  }
  return merged;
}

// ---- running it ----------------------------------------------------------------------------------------

const NULL = Buffer.from('null');
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const MIDNIGHT = Buffer.from('.000+0000"');
const QUOTE = 0x22;
const LETTER_T = 0x54;
const SMALL_T = 0x74;

/** Bytes up to this many are copied one by one, which is quicker than a call. */
const SHORT = 48;

function copy(to: Buffer, at: number, from: Uint8Array, start: number, length: number): number {
  if (length > SHORT) {
    to.set(from.subarray(start, start + length), at);
    return at + length;
  }
  for (let i = 0; i < length; i++) to[at + i] = from[start + i] as number;
  return at + length;
}

function run(
  sink: Sink,
  steps: readonly Step[],
  row: Uint8Array,
  index: ColumnIndex,
  context: JsonContext,
): void {
  for (const one of steps) {
    const { op, before, column } = one;
    const { buffer } = sink;
    let at = copy(buffer, sink.at, before, 0, before.length);
    if (op === 'constant') {
      sink.at = at;
      continue;
    }
    const length = index.lengths[column] as number;
    const start = index.starts[column] as number;
    if (length === -1 && op !== 'typed') {
      sink.at = copy(buffer, at, NULL, 0, 4);
      continue;
    }
    switch (op) {
      case 'id':
      case 'date':
        buffer[at++] = QUOTE;
        at = copy(buffer, at, row, start, length);
        buffer[at++] = QUOTE;
        break;
      case 'integer':
      case 'json':
        at = copy(buffer, at, row, start, length);
        break;
      case 'boolean':
        at = row[start] === SMALL_T ? copy(buffer, at, TRUE, 0, 4) : copy(buffer, at, FALSE, 0, 5);
        break;
      case 'datetime':
        at = writeDateTime(buffer, at, row, start, length);
        break;
      case 'text':
        at = writeEscaped(buffer, at, row, start, length);
        break;
      default:
        sink.at = at;
        runRare(sink, one, row, index, context, start, length);
        continue;
    }
    sink.at = at;
  }
}

/** `2026-03-10 12:00:00+00` -> `"2026-03-10T12:00:00.000+0000"`. */
function writeDateTime(buffer: Buffer, from: number, row: Uint8Array, start: number, length: number): number {
  let at = from;
  buffer[at++] = QUOTE;
  for (let i = 0; i < 19; i++) buffer[at + i] = row[start + i] as number;
  buffer[at + 10] = LETTER_T;
  at = copy(buffer, at + 19, MIDNIGHT, 0, 10);
  if (length > 22) {
    // Fractions of a second, which only computed columns have: up to milliseconds.
    for (let i = 0; i < 3; i++) {
      const digit = row[start + 20 + i] as number;
      if (digit < 0x30 || digit > 0x39) break;
      buffer[at - 9 + i] = digit;
    }
  }
  return at;
}

const HEX = Buffer.from('0123456789abcdef');
const BACKSLASH = 0x5c;
/** What follows the backslash of the short escapes. */
const ESCAPES = new Uint8Array(128);
for (const [char, letter] of ['\bb', '\tt', '\nn', '\ff', '\rr', '""', '\\\\']) {
  ESCAPES[(char as string).charCodeAt(0)] = (letter as string).charCodeAt(0);
}

export function writeEscaped(
  buffer: Buffer,
  from: number,
  row: Uint8Array,
  start: number,
  length: number,
): number {
  let at = from;
  buffer[at++] = QUOTE;
  const end = start + length;
  for (let i = start; i < end; i++) {
    const byte = row[i] as number;
    if (byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH) {
      buffer[at++] = byte;
      continue;
    }
    buffer[at++] = BACKSLASH;
    const letter = ESCAPES[byte] as number;
    if (letter !== 0) {
      buffer[at++] = letter;
      continue;
    }
    at += buffer.write('u00', at, 'latin1');
    buffer[at++] = HEX[byte >> 4] as number;
    buffer[at++] = HEX[byte & 15] as number;
  }
  buffer[at++] = QUOTE;
  return at;
}

const textOf = (row: Uint8Array, start: number, length: number): string =>
  Buffer.from(row.buffer, row.byteOffset + start, Math.max(0, length)).toString('utf8');

/** Forms that make a string, and steps that nest: not what a page is mostly made of. */
function runRare(
  sink: Sink,
  one: Step,
  row: Uint8Array,
  index: ColumnIndex,
  context: JsonContext,
  start: number,
  length: number,
): void {
  const text = () => textOf(row, start, length);
  const write = (value: string) => {
    reserve(sink, value.length * 3 + sink.rowBytes);
    sink.at += sink.buffer.write(value, sink.at);
  };
  switch (one.op) {
    case 'raw':
      sink.at = copy(sink.buffer, sink.at, row, start, length);
      return;
    case 'kind':
      write(objectOfKind(text()));
      return;
    case 'double': {
      const value = text();
      write(/^-?\d+$/.test(value) ? `${value}.0` : /^-?[\d.e+-]+$/i.test(value) ? value : 'null');
      return;
    }
    case 'time':
      write(`"${text().slice(0, 8)}.000Z"`);
      return;
    case 'format-number':
      write(JSON.stringify(context.people.number(text())));
      return;
    case 'format-date':
      write(JSON.stringify(context.people.date(text())));
      return;
    case 'format-datetime':
      write(JSON.stringify(context.people.dateTime(text())));
      return;
    case 'label': {
      const values = text().split(';');
      write(JSON.stringify(values.map((value) => one.labels?.get(value) ?? value).join(';')));
      return;
    }
    case 'parent':
      run(sink, one.inner, row, index, context);
      return;
    case 'typed': {
      const branch = length === -1 ? undefined : (one.branches?.get(objectOfKind(text())) ?? one.inner);
      if (branch === undefined) sink.at = copy(sink.buffer, sink.at, NULL, 0, 4);
      else run(sink, branch, row, index, context);
      return;
    }
    case 'children':
      writeChildren(sink, one, text(), context, context.childPages?.get(row)?.get(one.column));
      return;
    default:
      throw new Error(`no way to write ${one.op}`);
  }
}

function writeChildren(
  sink: Sink,
  one: Step,
  json: string,
  context: JsonContext,
  page: ChildPage | undefined,
): void {
  const { rowBytes } = sink;
  const rows = childRows(json).slice(0, page?.rows);
  const rest =
    page === undefined
      ? '"done":true'
      : `"done":false,"nextRecordsUrl":${JSON.stringify(page.nextRecordsUrl)}`;
  writeText(sink, `{"totalSize":${page?.totalSize ?? rows.length},${rest},"records":[`);
  rows.forEach((child, position) => {
    if (position > 0) writeText(sink, ',');
    one.children?.write(sink, child, context);
  });
  writeText(sink, ']}');
  // What follows in the outer row was reserved before the children took the room.
  sink.rowBytes = rowBytes;
  reserve(sink, rowBytes);
}
