/**
 * One page of an answer as JSON bytes: `{"totalSize":…,"done":…,"nextRecordsUrl":…,"records":[…]}`. The head stands
 * before the records, so what it says must be known before the first byte (salesforce-data-api.md §12).
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Caller } from '../access/caller.js';
import type { Plan } from './plan.js';
import type { ChildPages } from './render/json-steps.js';
import { peopleOf } from './render/people.js';
import { openSink, takeChunk, writeText } from './render/sink.js';

/** A page ready to be sent. Nothing can be refused any more once there is one. */
export interface JsonPage {
  readonly totalSize: number;
  readonly done: boolean;
  readonly nextRecordsUrl: string | undefined;
  /** Bytes of the whole JSON document, in order. */
  readonly chunks: readonly Buffer[] | AsyncIterable<Buffer>;
}

export interface PageHead {
  readonly totalSize: number;
  readonly nextRecordsUrl: string | undefined;
}

/** Rows rendered before other requests get their turn; 2,000 in one go would keep them waiting (engine-notes.md). */
const SLICE_ROWS = 250;

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
  const begin =
    `{"totalSize":${head.totalSize},"done":${done}` +
    `${done ? '' : `,"nextRecordsUrl":${JSON.stringify(head.nextRecordsUrl)}`},"records":[`;
  const renderer = plan.json(base);
  const context = { people: peopleOf(caller), childPages };
  const sink = openSink(Math.min(64 * 1024, 1024 + rows.length * 1024));
  const slice = (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      if (i > 0) writeText(sink, ',');
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
      yield takeChunk(sink);
      await nextTurn();
    }
    writeText(sink, ']}');
    yield takeChunk(sink);
  }
  return { ...page, chunks: stream() };
}
