/**
 * Rows of a SOAP answer as the records of a REST answer, for comparing one with the other: texts for all values, null
 * for nil, child sets as {totalSize, done, records}. The type and the fixed Id of the partner API are left out.
 */
import { SaxesParser } from 'saxes';
import type { SoapApi } from './soap-calls.js';

export type Row = Record<string, unknown>;

interface Open {
  readonly name: string;
  readonly kind: 'row' | 'rows' | 'value';
  readonly nil: boolean;
  readonly children: [string, unknown][];
  text: string;
}

/** A QueryResult: of the whole answer, or of a child set. */
export interface Rows {
  readonly totalSize: number;
  readonly done: boolean;
  readonly records: readonly Row[];
}

/** The QueryResult in the envelope of an answer to query, queryAll or queryMore. */
export function rowsOf(xml: string, api: SoapApi): Rows {
  const stack: Open[] = [];
  let rows: Rows | undefined;
  const parser = new SaxesParser({ xmlns: false });
  parser.on('opentag', ({ name, attributes }) => {
    const type = attributes['xsi:type'] ?? '';
    const local = name.replace(/^\w+:/, '');
    const isRows = type === 'QueryResult' || name === 'result';
    const kind = isRows ? 'rows' : type.startsWith('sf:') ? 'row' : 'value';
    stack.push({ name: local, kind, nil: attributes['xsi:nil'] === 'true', children: [], text: '' });
  });
  const addText = (text: string) => {
    const open = stack.at(-1);
    if (open !== undefined) open.text += text;
  };
  parser.on('text', addText);
  parser.on('closetag', ({ name }) => {
    const open = stack.pop() as Open;
    const value = readingOf(open, api);
    if (name === 'result') rows = value as Rows;
    stack.at(-1)?.children.push([open.name, value]);
  });
  parser.write(xml).close();
  if (rows === undefined) throw new Error(`no QueryResult: ${xml}`);
  return rows;
}

function readingOf({ kind, nil, children, text }: Open, api: SoapApi): unknown {
  if (nil) return null;
  if (kind === 'value') return text;
  if (kind === 'row') return Object.fromEntries(api === 'partner' ? children.slice(2) : children);
  const one = (wanted: string) => children.find(([name]) => name === wanted)?.[1];
  return {
    totalSize: Number(one('size')),
    done: one('done') === 'true',
    records: children.flatMap(([name, row]) => (name === 'records' && row !== null ? [row] : [])),
  };
}
