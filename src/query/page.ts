/**
 * One page of an answer as JSON bytes: `{"totalSize":…,"done":…,"nextRecordsUrl":…,"records":[…]}`. The head stands
 * before the records, so what it says must be known before the first byte (salesforce-data-api.md §12).
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Caller } from '../access/caller.js';
import type { VisitRow } from '../store/wire.js';
import type { Plan } from './plan.js';
import { contextOf } from './render/json.js';
import type { ChildPages } from './render/json-steps.js';
import { openSink, openSlabSink, takeChunk, writeByte, writeText } from './render/sink.js';
import { giveBack, type Slab } from './render/slabs.js';

/** A page ready to be sent. Nothing can be refused any more once there is one. */
export interface JsonPage {
  readonly totalSize: number;
  readonly done: boolean;
  readonly nextRecordsUrl: string | undefined;
  /** Bytes of the whole JSON document, in order. */
  readonly chunks: readonly Buffer[] | AsyncIterable<Buffer>;
  /** To be called once no byte of the chunks is needed any more: their memory becomes another page's. Or never. */
  readonly release?: () => void;
}

export interface PageHead {
  readonly totalSize: number;
  readonly nextRecordsUrl: string | undefined;
}

/** Rows gathered into a page while they come from the database, so that rendering costs no time of its own. */
export interface PageDraft {
  /** Takes the next row; rows past the batch are only noticed. */
  readonly add: VisitRow;
  /** Rows in the page. */
  count(): number;
  /** Whether there was a row more than the page holds. */
  isMore(): boolean;
  /** The last row of a page that is full. */
  last(): Buffer | undefined;
  finish(head: PageHead): JsonPage;
}

/** Room in front of the records for what is said before them. */
const HEAD_BYTES = 256;
/** Answers up to this length are copied out of the memory that is used again: they may stay with a slow client. */
const SHORT_BYTES = 8 * 1024;
/** Bytes of a chunk, about. */
const CHUNK_BYTES = 192 * 1024;

/** Begins a page of at most `batch` rows, none of which has children; they come in the plan's `formats`. */
export function draftPage(plan: Plan, caller: Caller, base: string, batch: number): PageDraft {
  const renderer = plan.jsonOfMoments(base);
  const context = contextOf(caller);
  const slabs: Slab[] = [];
  const sink = openSlabSink(HEAD_BYTES, slabs);
  const chunks: Buffer[] = [];
  let count = 0;
  let more = false;
  let last: Buffer | undefined;
  return {
    add(bytes, start, end) {
      if (count === batch) {
        more = true;
        return;
      }
      if (count > 0) writeByte(sink, COMMA);
      renderer.write(sink, bytes, context, start, end);
      count++;
      if (count === batch) last = Buffer.from(bytes.subarray(start, end));
      if (sink.at >= CHUNK_BYTES) chunks.push(takeChunk(sink));
    },
    count: () => count,
    isMore: () => more,
    last: () => last,
    finish(head) {
      writeText(sink, ']}');
      chunks.push(takeChunk(sink));
      const { totalSize, nextRecordsUrl } = head;
      const page = { totalSize, done: nextRecordsUrl === undefined, nextRecordsUrl };
      const whole = withHead(beginningOf(head), chunks);
      if (whole.length > 1 || (whole[0] as Buffer).length > SHORT_BYTES)
        return { ...page, chunks: whole, release: () => giveBack(slabs) };
      const short = Buffer.from(whole[0] as Buffer);
      giveBack(slabs);
      return { ...page, chunks: [short] };
    },
  };
}

/** Puts the head into the room before the records, or before everything where it does not fit. */
function withHead(head: string, [first, ...rest]: readonly Buffer[]): Buffer[] {
  const chunk = first as Buffer;
  const at = HEAD_BYTES - Buffer.byteLength(head);
  if (at < 0) return [Buffer.from(head), chunk.subarray(HEAD_BYTES), ...rest];
  chunk.write(head, at);
  return [chunk.subarray(at), ...rest];
}

function beginningOf({ totalSize, nextRecordsUrl }: PageHead): string {
  const next = nextRecordsUrl === undefined ? '' : `,"nextRecordsUrl":${JSON.stringify(nextRecordsUrl)}`;
  return `{"totalSize":${totalSize},"done":${nextRecordsUrl === undefined}${next},"records":[`;
}

/** Rows rendered before other requests get their turn; 2,000 in one go would keep them waiting (engine-notes.md). */
const SLICE_ROWS = 250;
const COMMA = 0x2c;

/** Writes a page in one protocol's own form. */
export type RenderPage = (
  plan: Plan,
  caller: Caller,
  base: string,
  head: PageHead,
  rows: readonly Buffer[],
  childPages?: ChildPages,
) => JsonPage;

/** Renders rows below a head. Small pages are one buffer; larger ones come in slices. */
export function jsonPage(
  plan: Plan,
  caller: Caller,
  base: string,
  head: PageHead,
  rows: readonly Buffer[],
  childPages?: ChildPages,
): JsonPage {
  const done = head.nextRecordsUrl === undefined;
  const begin = beginningOf(head);
  const renderer = plan.json(base);
  const context = contextOf(caller, childPages);
  const sink = openSink(Math.min(64 * 1024, 1024 + rows.length * 1024));
  const slice = (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      if (i > 0) writeByte(sink, COMMA);
      renderer.write(sink, rows[i] as Buffer, context);
    }
  };
  const page = { totalSize: head.totalSize, done, nextRecordsUrl: head.nextRecordsUrl };
  if (rows.length <= SLICE_ROWS) {
    writeText(sink, begin);
    slice(0, rows.length);
    writeText(sink, ']}');
    return { ...page, chunks: [takeChunk(sink)] };
  }
  async function* stream(): AsyncGenerator<Buffer> {
    writeText(sink, begin);
    for (let from = 0; from < rows.length; from += SLICE_ROWS) {
      slice(from, Math.min(from + SLICE_ROWS, rows.length));
      if (from + SLICE_ROWS >= rows.length) writeText(sink, ']}');
      yield takeChunk(sink);
      await nextTurn();
    }
  }
  return { ...page, chunks: stream() };
}
