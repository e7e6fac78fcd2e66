/**
 * The steps a compiled JSON renderer takes for each row. This is where a page's time goes, so it allocates nothing a
 * value and stores eight bytes at a time; nothing here decides what a record looks like (json.ts does).
 */
import { objectOfKind } from '../shape.js';
import { type ColumnIndex, childRows } from './columns.js';
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

/** What a step does with its column; numbers, because a page makes 50,000 of these decisions. */
export const Op = {
  Constant: 0,
  /** As sent: numbers, the id inside a URL. ASCII only. */
  Raw: 1,
  /** In quotes and with nothing to escape: ids, dates. */
  Quoted: 2,
  Boolean: 3,
  DateTime: 4,
  Text: 5,
  Double: 6,
  Time: 7,
  FormatNumber: 8,
  FormatDate: 9,
  FormatDateTime: 10,
  Label: 11,
  /** The object a Name row's kind belongs to. */
  Kind: 12,
  Parent: 13,
  Typed: 14,
  Children: 15,
  /** As sent, whatever its characters. */
  Json: 16,
  /** A moment in PostgreSQL's binary form. */
  Moment: 17,
} as const;
export type Op = (typeof Op)[keyof typeof Op];

/** Constant bytes, then perhaps a column. Steps of parents nest. */
export interface Step {
  readonly op: Op;
  readonly before: Constant;
  readonly column: number;
  readonly labels: ReadonlyMap<string, string> | undefined;
  /** Steps of a parent that is there; for TYPEOF of a type without a branch. */
  readonly inner: readonly Step[];
  readonly branches: ReadonlyMap<string, readonly Step[]> | undefined;
  readonly children: JsonRenderer | undefined;
}

export interface JsonRenderer {
  /** Bytes the record of a row may need at most, unless it has children. */
  room(row: Uint8Array): number;
  /** Appends the record of one row to the sink; `start` and `end` say where it is among the bytes given. */
  write(sink: Sink, row: Uint8Array, context: JsonContext, start?: number, end?: number): void;
}

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

const NULL = constantOf('null');
const MIDNIGHT = constantOf('.000+0000"');
const QUOTE = 0x22;

/** The rows of one read of the socket share their memory, and so one view of it. */
let viewed: ArrayBufferLike | undefined;
let rowView: DataView = new DataView(new ArrayBuffer(0));

export function run(
  sink: Sink,
  steps: readonly Step[],
  row: Uint8Array,
  index: ColumnIndex,
  context: JsonContext,
): void {
  if (row.buffer !== viewed) {
    viewed = row.buffer;
    rowView = new DataView(row.buffer);
  }
  const from = rowView;
  const { byteOffset } = row;
  const { starts, lengths } = index;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] as Step;
    const { op, column } = step;
    const { view } = sink;
    let at = put(view, sink.at, step.before);
    if (op === Op.Constant) {
      sink.at = at;
      continue;
    }
    const length = lengths[column] as number;
    const start = starts[column] as number;
    if (length === -1 && op !== Op.Typed) {
      sink.at = put(view, at, NULL);
      continue;
    }
    switch (op) {
      case Op.Raw:
        at = copy(view, at, from, byteOffset + start, length);
        break;
      case Op.Quoted:
        view.setUint8(at, QUOTE);
        at = copy(view, at + 1, from, byteOffset + start, length);
        view.setUint8(at++, QUOTE);
        break;
      case Op.Boolean:
        at = put(view, at, row[start] === SMALL_T ? TRUE : FALSE);
        break;
      case Op.DateTime:
        view.setUint8(at, QUOTE);
        at = putMomentText(view, at + 1, from, byteOffset + start, length, MIDNIGHT);
        break;
      case Op.Moment:
        at = putMoment(view, at, from, byteOffset + start);
        break;
      case Op.Text:
        at = putEscaped(sink.buffer, at, row, start, length);
        break;
      case Op.Parent:
        sink.at = at;
        run(sink, step.inner, row, index, context);
        continue;
      case Op.Typed: {
        sink.at = at;
        const kind = length === -1 ? undefined : objectOfKind(textOf(row, start, length));
        if (kind === undefined) sink.at = put(view, at, NULL);
        else run(sink, step.branches?.get(kind) ?? step.inner, row, index, context);
        continue;
      }
      case Op.Children:
        sink.at = at;
        writeChildren(
          sink,
          step,
          textOf(row, start, length),
          context,
          context.childPages?.get(row)?.get(column),
        );
        continue;
      default:
        sink.at = at;
        writeFormed(sink, formed(step, textOf(row, start, length), context));
        continue;
    }
    sink.at = at;
  }
}

const DAY_SECONDS = 86_400;
/** Days from 1970-01-01 to 2000-01-01, where PostgreSQL's moments begin. */
const EPOCH_DAYS = 10_957;
const COLON = 0x3a;
/** `00` … `99` as the number their two bytes spell. */
const TWO_DIGITS = Uint16Array.from(
  { length: 100 },
  (_, n) => ((0x30 + Math.trunc(n / 10)) << 8) | (0x30 + (n % 10)),
);

/** The day written last, `"2026-03-10T` as a double and four bytes: the moments of a page lie close together. */
let lastDay = Number.NaN;
let dayHead = 0;
let dayTail = 0;

function writeDay(day: number): void {
  const iso = new Date((day + EPOCH_DAYS) * DAY_SECONDS * 1000).toISOString();
  // Years of four digits, as descriptions and literals have them.
  const text = Buffer.from(`"${iso.slice(0, 11)}`, 'latin1');
  dayHead = text.readDoubleBE(0);
  dayTail = text.readUInt32BE(8);
  lastDay = day;
}

/** Microseconds since 2000-01-01T00:00:00Z -> `"2026-03-10T12:00:00.000+0000"`, cut to milliseconds. */
function putMoment(view: DataView, from: number, row: DataView, start: number): number {
  // Beyond the years 1714 and 2285 a double rounds microseconds, and whole seconds never.
  const ms = Math.floor((row.getInt32(start) * 4_294_967_296 + row.getUint32(start + 4)) / 1000);
  const day = Math.floor(ms / (DAY_SECONDS * 1000));
  if (day !== lastDay) writeDay(day);
  const inDay = ms - day * DAY_SECONDS * 1000;
  const seconds = Math.trunc(inDay / 1000);
  const minutes = Math.trunc(seconds / 60);
  const hours = Math.trunc(minutes / 60);
  view.setFloat64(from, dayHead);
  view.setUint32(from + 8, dayTail);
  view.setUint16(from + 12, TWO_DIGITS[hours] as number);
  view.setUint8(from + 14, COLON);
  view.setUint16(from + 15, TWO_DIGITS[minutes - hours * 60] as number);
  view.setUint8(from + 17, COLON);
  view.setUint16(from + 18, TWO_DIGITS[seconds - minutes * 60] as number);
  const end = put(view, from + 20, MIDNIGHT);
  const fraction = inDay - seconds * 1000;
  if (fraction !== 0) {
    view.setUint8(from + 21, 0x30 + Math.trunc(fraction / 100));
    view.setUint16(from + 22, TWO_DIGITS[fraction % 100] as number);
  }
  return end;
}

const HEX = Buffer.from('0123456789abcdef');
const BACKSLASH = 0x5c;
/** What follows the backslash of the short escapes. */
const ESCAPES = new Uint8Array(128);
for (const [char, letter] of ['\bb', '\tt', '\nn', '\ff', '\rr', '""', '\\\\']) {
  ESCAPES[(char as string).charCodeAt(0)] = (letter as string).charCodeAt(0);
}

function putEscaped(buffer: Buffer, from: number, row: Uint8Array, start: number, length: number): number {
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

/** Forms that go by way of a string: not what a page is mostly made of. */
function formed(step: Step, text: string, { people }: JsonContext): string {
  switch (step.op) {
    case Op.Kind:
      return objectOfKind(text);
    case Op.Double:
      return doubleText(text) ?? 'null';
    case Op.Time:
      return `"${text.slice(0, 8)}.000Z"`;
    case Op.FormatNumber:
      return JSON.stringify(people.number(text));
    case Op.FormatDate:
      return JSON.stringify(people.date(text));
    case Op.FormatDateTime:
      return JSON.stringify(people.dateTime(text));
    case Op.Label:
      return JSON.stringify(labelText(text, step.labels));
    default:
      return text;
  }
}

function writeChildren(
  sink: Sink,
  step: Step,
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
    step.children?.write(sink, child, context);
  });
  writeText(sink, ']}');
  // What follows in the outer row was reserved before the children took the room.
  sink.rowBytes = rowBytes;
  reserve(sink, rowBytes);
}
