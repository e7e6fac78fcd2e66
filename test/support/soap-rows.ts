/**
 * SOAP answers as the values of a REST answer, for comparing one with the other: texts for all values, null for nil,
 * child sets as {totalSize, done, records}. The type and the fixed Id of the partner API are left out.
 */
import { SaxesParser } from 'saxes';
import type { SoapApi } from './soap-calls.js';

export type Row = Record<string, unknown>;

interface Open {
  readonly name: string;
  readonly kind: 'row' | 'rows' | 'plain';
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
  const body = valueIn(xml, 'Body', api);
  const [response] = Object.values(body)[0] as [{ result?: [Rows] }];
  if (response?.result === undefined) throw new Error(`no QueryResult: ${xml}`);
  return response.result[0];
}

/** The first element of that name: for each name of a child the values of all children of that name, in order. */
export function valueIn(xml: string, name: string, api: SoapApi): Record<string, unknown[]> {
  const stack: Open[] = [];
  let found: unknown;
  const isQuery = /<query(?:All|More)?Response>/.test(xml);
  const parser = new SaxesParser({ xmlns: false });
  parser.on('opentag', ({ name: qualified, attributes }) => {
    const type = attributes['xsi:type'] ?? '';
    const local = qualified.replace(/^\w+:/, '');
    const isRows = type === 'QueryResult' || (isQuery && local === 'result');
    const kind = isRows ? 'rows' : type.startsWith('sf:') ? 'row' : 'plain';
    stack.push({ name: local, kind, nil: attributes['xsi:nil'] === 'true', children: [], text: '' });
  });
  const addText = (text: string) => {
    const open = stack.at(-1);
    if (open !== undefined) open.text += text;
  };
  parser.on('text', addText);
  parser.on('closetag', () => {
    const open = stack.pop() as Open;
    const value = readingOf(open, api);
    if (open.name === name) found ??= value;
    stack.at(-1)?.children.push([open.name, value]);
  });
  parser.write(xml).close();
  if (found === undefined) throw new Error(`no ${name}: ${xml}`);
  return found as Record<string, unknown[]>;
}

function readingOf({ kind, nil, children, text }: Open, api: SoapApi): unknown {
  if (nil) return null;
  if (kind === 'row') return Object.fromEntries(api === 'partner' ? children.slice(2) : children);
  const all = (wanted: string) => children.filter(([name]) => name === wanted).map(([, value]) => value);
  if (kind === 'rows') {
    return {
      totalSize: Number(all('size')[0]),
      done: all('done')[0] === 'true',
      records: all('records').filter((row) => row !== null),
    };
  }
  if (children.length === 0) return text;
  return Object.fromEntries([...new Set(children.map(([name]) => name))].map((name) => [name, all(name)]));
}
