/**
 * The steps a compiled XML renderer takes for each row, as json-steps.ts does for JSON: constants and plain values go
 * eight bytes at a time, only text is scanned. Nothing here decides what a record looks like (xml.ts does).
 */
import { objectOfKind } from '../shape.js';
import { type ColumnIndex, childRows } from './columns.js';
import type { ChildPage, ChildPages } from './json-steps.js';
import type { People } from './people.js';
import {
  copy,
  doubleText,
  FALSE,
  labelText,
  put,
  putMomentText,
  SMALL_T,
  TRUE,
  textOf,
  writeFormed,
} from './put.js';
import { type Constant, constantOf, reserve, type Sink, writeText } from './sink.js';
import { escapeXmlText } from './xml-escape.js';

/** What a step does with its column. */
export const XmlOp = {
  Constant: 0,
  /** As sent, with nothing to escape: ids, numbers, dates. */
  Raw: 1,
  Boolean: 2,
  DateTime: 3,
  Text: 4,
  Double: 5,
  Time: 6,
  FormatNumber: 7,
  FormatDate: 8,
  FormatDateTime: 9,
  Label: 10,
  Parent: 11,
  Typed: 12,
  Children: 13,
  /** A number that says its type, which grows with it. */
  Integer: 14,
  /** Text that says its type: a moment as histories keep them is one. */
  Any: 15,
} as const;
export type XmlOp = (typeof XmlOp)[keyof typeof XmlOp];

/** Start tag, value, end tag; or what stands for null. */
export interface XmlStep {
  readonly op: XmlOp;
  readonly open: Constant;
  readonly close: Constant;
  readonly nil: Constant;
  /** Start tag of a number too wide for xsd:int; of a moment among values of any type. */
  readonly wide: Constant;
  readonly column: number;
  readonly labels: ReadonlyMap<string, string> | undefined;
  /** Steps of a parent that is there; for TYPEOF of a type without a branch. */
  readonly inner: readonly XmlStep[];
  readonly branches: ReadonlyMap<string, readonly XmlStep[]> | undefined;
  readonly children: XmlRenderer | undefined;
}

export interface XmlRenderer {
  /** Appends the element of one row to the sink. */
  write(sink: Sink, row: Uint8Array, context: XmlContext): void;
}

/** What rendering needs besides the rows. */
export interface XmlContext {
  readonly people: People;
  readonly childPages?: ChildPages | undefined;
}

const MIDNIGHT = constantOf('.000Z');
const MINUS = 0x2d;
/** Numbers of so many digits fit xsd:int for sure. */
const INT_DIGITS = 9;

export function runXml(
  sink: Sink,
  steps: readonly XmlStep[],
  row: Uint8Array,
  from: DataView,
  index: ColumnIndex,
  context: XmlContext,
): void {
  const { byteOffset } = row;
  const { starts, lengths } = index;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] as XmlStep;
    const { op, column } = step;
    const { view } = sink;
    if (op === XmlOp.Constant) {
      sink.at = put(view, sink.at, step.open);
      continue;
    }
    const length = lengths[column] as number;
    const start = starts[column] as number;
    if (length === -1) {
      sink.at = put(view, sink.at, step.nil);
      continue;
    }
    let at = sink.at;
    switch (op) {
      case XmlOp.Raw:
        at = copy(view, put(view, at, step.open), from, byteOffset + start, length);
        break;
      case XmlOp.Integer: {
        const digits = row[start] === MINUS ? length - 1 : length;
        const open = digits > INT_DIGITS ? step.wide : step.open;
        at = copy(view, put(view, at, open), from, byteOffset + start, length);
        break;
      }
      case XmlOp.Any:
        at = isMoment(row, start, length)
          ? putMomentText(view, put(view, at, step.wide), from, byteOffset + start, length, MIDNIGHT)
          : putText(sink.buffer, put(view, at, step.open), row, start, length);
        break;
      case XmlOp.Boolean:
        at = put(view, put(view, at, step.open), row[start] === SMALL_T ? TRUE : FALSE);
        break;
      case XmlOp.DateTime:
        at = putMomentText(view, put(view, at, step.open), from, byteOffset + start, length, MIDNIGHT);
        break;
      case XmlOp.Text:
        at = putText(sink.buffer, put(view, at, step.open), row, start, length);
        break;
      case XmlOp.Parent:
        sink.at = put(view, at, step.open);
        runXml(sink, step.inner, row, from, index, context);
        at = sink.at;
        break;
      case XmlOp.Typed: {
        const branch = step.branches?.get(objectOfKind(textOf(row, start, length)));
        runXml(sink, branch ?? step.inner, row, from, index, context);
        continue;
      }
      case XmlOp.Children: {
        sink.at = put(view, at, step.open);
        const page = context.childPages?.get(row)?.get(column);
        writeChildren(sink, step, textOf(row, start, length), context, page);
        at = sink.at;
        break;
      }
      default: {
        sink.at = put(view, at, step.open);
        writeFormed(sink, formed(step, textOf(row, start, length), context));
        at = sink.at;
        break;
      }
    }
    // The sink may have grown and have another view by now.
    sink.at = put(sink.view, at, step.close);
  }
}

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/;
const MOMENT_LENGTH = 28;

/** Whether a value of any type is a moment, `2026-03-10T12:00:00.000+0000`. */
function isMoment(row: Uint8Array, start: number, length: number): boolean {
  return length === MOMENT_LENGTH && MOMENT.test(textOf(row, start, length));
}

const REFERENCES = new Map(
  [
    ['&', '&amp;'],
    ['<', '&lt;'],
    ['>', '&gt;'],
    ['\r', '&#xD;'],
  ].map(([character, reference]) => [(character as string).charCodeAt(0), Buffer.from(reference as string)]),
);
/** U+FFFD for what XML cannot hold; nothing stored contains it (DECISIONS 7, Text). */
const REPLACEMENT = Buffer.from('\ufffd');

function putText(buffer: Buffer, from: number, row: Uint8Array, start: number, length: number): number {
  let at = from;
  const end = start + length;
  for (let i = start; i < end; i++) {
    const byte = row[i] as number;
    if (byte > 0x3e || (byte >= 0x20 && byte !== 0x26 && byte !== 0x3c && byte !== 0x3e)) {
      buffer[at++] = byte;
    } else if (byte === 0x09 || byte === 0x0a) {
      buffer[at++] = byte;
    } else {
      const reference = REFERENCES.get(byte) ?? REPLACEMENT;
      at += reference.copy(buffer, at);
    }
  }
  return at;
}

/** Forms that go by way of a string: not what a page is mostly made of. */
function formed(step: XmlStep, text: string, { people }: XmlContext): string {
  switch (step.op) {
    case XmlOp.Double:
      return doubleText(text) ?? '';
    case XmlOp.Time:
      return `${text.slice(0, 8)}.000Z`;
    case XmlOp.FormatNumber:
      return escapeXmlText(people.number(text));
    case XmlOp.FormatDate:
      return escapeXmlText(people.date(text));
    case XmlOp.FormatDateTime:
      return escapeXmlText(people.dateTime(text));
    default:
      return escapeXmlText(labelText(text, step.labels));
  }
}

/** A QueryResult inside a record (salesforce-data-api.md §8.3). */
function writeChildren(
  sink: Sink,
  step: XmlStep,
  json: string,
  context: XmlContext,
  page: ChildPage | undefined,
): void {
  const { rowBytes } = sink;
  const rows = childRows(json).slice(0, page?.rows);
  writeText(sink, headOf(page === undefined ? undefined : locatorOf(page.nextRecordsUrl)));
  for (const child of rows) step.children?.write(sink, child, context);
  writeText(sink, `<size>${page?.totalSize ?? rows.length}</size>`);
  // What follows in the outer row was reserved before the children took the room.
  sink.rowBytes = rowBytes;
  reserve(sink, rowBytes);
}

/** What stands before the records of a QueryResult. */
export function headOf(locator: string | undefined): string {
  return locator === undefined
    ? '<done>true</done><queryLocator xsi:nil="true"/>'
    : `<done>false</done><queryLocator>${locator}</queryLocator>`;
}

/** SOAP has the locator by itself, REST at the end of a URL. */
export const locatorOf = (nextRecordsUrl: string): string =>
  nextRecordsUrl.slice(nextRecordsUrl.lastIndexOf('/') + 1);
