/**
 * One page of an answer as the content of SOAP's QueryResult: done, queryLocator, records, size; and single rows for
 * retrieve() (salesforce-data-api.md §8.1, §8.3).
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Caller } from '../../access/caller.js';
import type { JsonPage, PageHead } from '../page.js';
import type { Plan } from '../plan.js';
import type { ChildPages } from './json-steps.js';
import { peopleOf } from './people.js';
import { openSink, takeChunk, writeText } from './sink.js';
import { compileXml, type XmlDialect } from './xml.js';
import { headOf, locatorOf, type XmlRenderer } from './xml-steps.js';

/** Rows rendered before other requests get their turn. */
const SLICE_ROWS = 250;

const renderers = new WeakMap<Plan, Map<string, XmlRenderer>>();

function rendererOf(plan: Plan, dialect: XmlDialect, tag: string): XmlRenderer {
  let known = renderers.get(plan);
  if (known === undefined) {
    known = new Map();
    renderers.set(plan, known);
  }
  const key = `${dialect} ${tag}`;
  let renderer = known.get(key);
  if (renderer === undefined) {
    renderer = compileXml(plan.compiled.record, plan.columnCount, dialect, tag);
    known.set(key, renderer);
  }
  return renderer;
}

/** Renders pages of a dialect; to be given to startQuery and continueQuery. */
export function xmlPages(dialect: XmlDialect) {
  return (
    plan: Plan,
    caller: Caller,
    _base: string,
    head: PageHead,
    rows: readonly Buffer[],
    childPages?: ChildPages,
  ): JsonPage => {
    const renderer = rendererOf(plan, dialect, 'records');
    const context = { people: peopleOf(caller), childPages };
    const { totalSize, nextRecordsUrl } = head;
    const begin = headOf(nextRecordsUrl === undefined ? undefined : locatorOf(nextRecordsUrl));
    // COUNT() has a size and no records.
    const nothing = plan.compiled.mode === 'count' ? '<records xsi:nil="true"/>' : '';
    const end = `${nothing}<size>${totalSize}</size>`;
    const sink = openSink(Math.min(64 * 1024, 1024 + rows.length * 1024));
    const slice = (from: number, to: number) => {
      for (let i = from; i < to; i++) renderer.write(sink, rows[i] as Buffer, context);
    };
    const page = { totalSize, done: nextRecordsUrl === undefined, nextRecordsUrl };
    if (rows.length <= SLICE_ROWS) {
      writeText(sink, begin);
      slice(0, rows.length);
      writeText(sink, end);
      return { ...page, chunks: [takeChunk(sink)] };
    }
    async function* stream(): AsyncGenerator<Buffer> {
      writeText(sink, begin);
      for (let from = 0; from < rows.length; from += SLICE_ROWS) {
        slice(from, Math.min(from + SLICE_ROWS, rows.length));
        yield takeChunk(sink);
        await nextTurn();
      }
      writeText(sink, end);
      yield takeChunk(sink);
    }
    return { ...page, chunks: stream() };
  };
}

/** Renders rows by id, each as an element `tag`; to be given to the retrieve calls. */
export function xmlRows(dialect: XmlDialect, tag: string) {
  return (plan: Plan, caller: Caller, row: Buffer): Buffer => {
    const sink = openSink(256 + row.length * 2);
    rendererOf(plan, dialect, tag).write(sink, row, { people: peopleOf(caller) });
    return takeChunk(sink);
  };
}
