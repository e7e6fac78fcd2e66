/**
 * `…/parameterizedSearch`: a search in parameters rather than in a statement (salesforce-data-api.md §16.4). It becomes
 * SOSL, so it finds, refuses and limits the same; `q` may hold wildcards, everything else in it is text.
 */
import type { Caller } from '../../access/caller.js';
import type { Database, Tx } from '../../store/database.js';
import { malformedSearch } from './parse.js';
import { type SearchOptions, search } from './search.js';

export interface SearchedObject {
  readonly name: string;
  readonly fields?: readonly string[] | undefined;
  /** SOQL, without the word WHERE. */
  readonly where?: string | undefined;
  /** SOQL, without the words ORDER BY. */
  readonly orderBy?: string | undefined;
  readonly limit?: number | undefined;
}

export interface ParameterizedSearch {
  readonly q: string;
  /** Fields of every object that names none. */
  readonly fields?: readonly string[] | undefined;
  /** Empty or missing: every searchable object. */
  readonly sobjects?: readonly SearchedObject[] | undefined;
  /** ALL, NAME, EMAIL, PHONE or SIDEBAR. */
  readonly in?: string | undefined;
  readonly overallLimit?: number | undefined;
  /** Rows of each object that gives no limit. */
  readonly defaultLimit?: number | undefined;
  readonly offset?: number | undefined;
}

/** The JSON document of a parameterized search. Throws what SOSL refuses. */
export async function parameterizedSearch(
  db: Database | Tx,
  caller: Caller,
  request: ParameterizedSearch,
  options: SearchOptions,
): Promise<Buffer> {
  return search(db, caller, statementOf(request), options);
}

/** The SOSL statement a request stands for. */
export function statementOf(request: ParameterizedSearch): string {
  const objects = request.sobjects ?? [];
  const parts = [`FIND {${escapeText(request.q)}}`];
  if (request.in !== undefined) parts.push(`IN ${word(request.in)} FIELDS`);
  if (objects.length > 0)
    parts.push(`RETURNING ${objects.map((object) => returning(object, request)).join(', ')}`);
  if (request.overallLimit !== undefined) parts.push(`LIMIT ${count(request.overallLimit)}`);
  return parts.join(' ');
}

function returning(object: SearchedObject, { fields, defaultLimit, offset }: ParameterizedSearch): string {
  const list = (object.fields ?? fields ?? ['Id']).map(path);
  const inner = [(list.length === 0 ? ['Id'] : list).join(', ')];
  if (object.where !== undefined) inner.push(`WHERE ${object.where}`);
  if (object.orderBy !== undefined) inner.push(`ORDER BY ${object.orderBy}`);
  const limit = object.limit ?? defaultLimit;
  if (limit !== undefined) inner.push(`LIMIT ${count(limit)}`);
  if (offset !== undefined) inner.push(`OFFSET ${count(offset)}`);
  return `${word(object.name)}(${inner.join(' ')})`;
}

/** All but wildcards is text: operators are quoted, reserved characters get their backslash. */
function escapeText(text: string): string {
  return text
    .split(/(\s+)/)
    .map((part) =>
      /^(?:and|or|not)$/i.test(part) ? `"${part}"` : part.replace(/[&|!{}[\]()^~:\\"'+-]/g, '\\$&'),
    )
    .join('');
}

function word(text: string): string {
  if (/^\w+$/.test(text)) return text;
  throw malformedSearch(`unexpected value: ${text}`);
}

function path(text: string): string {
  if (/^\s*\w+(?:\.\w+)*\s*$/.test(text)) return text.trim();
  throw malformedSearch(`unexpected field: ${text}`);
}

function count(value: number): string {
  if (Number.isSafeInteger(value) && value >= 0) return String(value);
  throw malformedSearch(`unexpected number: ${value}`);
}
