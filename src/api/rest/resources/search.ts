/**
 * …/search, …/parameterizedSearch and what goes with them (salesforce-data-api.md §9, §16.4). The engine gives the
 * whole document.
 */
import { ApiError } from '../../../errors.js';
import type { SObjectDescription } from '../../../objects/language.js';
import { fieldOf, findObject, nameFieldOf } from '../../../objects/registry.js';
import {
  type ParameterizedSearch,
  parameterizedSearch,
  type SearchedObject,
} from '../../../query/sosl/parameterized.js';
import { search as runSearch } from '../../../query/sosl/search.js';
import { searchableObjects } from '../../../query/sosl/search-index.js';
import { bytesAnswer, jsonAnswer, type RestAnswer, type RestContext, type RestRequest } from '../exchange.js';
import { listOf } from '../parameters.js';
import { objectAt } from '../record-body.js';

/** GET …/search?q=: a SOSL statement. */
export async function search({ db, caller, base }: RestContext, { query }: RestRequest): Promise<RestAnswer> {
  return bytesAnswer([await runSearch(db, caller, query.get('q') ?? '', { base })]);
}

/** GET …/parameterizedSearch?q=&sobject=T&T.fields=…: the parameters of the whole search and of each object. */
export function parameterizedByUrl(context: RestContext, { query }: RestRequest): Promise<RestAnswer> {
  const names = query.getAll('sobject').flatMap(listOf);
  return parameterized(context, {
    q: query.get('q') ?? '',
    fields: optionalList(query.get('fields')),
    sobjects: names.map((name) => ({
      name,
      fields: optionalList(query.get(`${name}.fields`)),
      where: query.get(`${name}.where`) ?? undefined,
      orderBy: query.get(`${name}.orderBy`) ?? undefined,
      limit: optionalNumber(query.get(`${name}.limit`), `${name}.limit`),
    })),
    in: query.get('in') ?? undefined,
    overallLimit: optionalNumber(query.get('overallLimit'), 'overallLimit'),
    defaultLimit: optionalNumber(query.get('defaultLimit'), 'defaultLimit'),
    offset: optionalNumber(query.get('offset'), 'offset'),
  });
}

/** POST …/parameterizedSearch with the same in a body. */
export function parameterizedByBody(context: RestContext, request: RestRequest): Promise<RestAnswer> {
  const body = objectAt(request.json(), []);
  const { sobjects = [] } = body;
  if (!Array.isArray(sobjects)) throw unreadable('sobjects');
  return parameterized(context, {
    q: text(body.q, 'q') ?? '',
    fields: texts(body.fields, 'fields'),
    sobjects: sobjects.map((item) => readObject(item)),
    in: text(body.in, 'in'),
    overallLimit: number(body.overallLimit, 'overallLimit'),
    defaultLimit: number(body.defaultLimit, 'defaultLimit'),
    offset: number(body.offset, 'offset'),
  });
}

async function parameterized(
  { db, caller, base }: RestContext,
  request: ParameterizedSearch,
): Promise<RestAnswer> {
  return bytesAnswer([await parameterizedSearch(db, caller, request, { base })]);
}

function readObject(item: unknown): SearchedObject {
  const object = (item ?? {}) as Record<string, unknown>;
  const name = text(object.name, 'name');
  if (name === undefined) throw unreadable('name');
  return {
    name,
    fields: texts(object.fields, 'fields'),
    where: text(object.where, 'where'),
    orderBy: text(object.orderBy, 'orderBy'),
    limit: number(object.limit, 'limit'),
  };
}

function unreadable(name: string): ApiError {
  return new ApiError('JSON_PARSER_ERROR', `The value of ${name} cannot be read`);
}

function text(value: unknown, name: string): string | undefined {
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined;
  throw unreadable(name);
}

function texts(value: unknown, name: string): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw unreadable(name);
}

function number(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number') return value;
  throw unreadable(name);
}

function optionalList(parameter: string | null): readonly string[] | undefined {
  return parameter === null ? undefined : listOf(parameter);
}

function optionalNumber(parameter: string | null, name: string): number | undefined {
  if (parameter === null) return undefined;
  const value = Number(parameter);
  if (parameter.trim() === '' || !Number.isInteger(value)) {
    throw new ApiError('MALFORMED_SEARCH', `${name} is not a number: ${parameter.slice(0, 100)}`);
  }
  return value;
}

/** GET …/search/scopeOrder: the objects a search without RETURNING looks into. */
export function scopeOrder({ caller, base }: RestContext): RestAnswer {
  return jsonAnswer(
    searchableObjects()
      .filter(({ name }) => findObject(name, caller.apiVersion) && caller.access.object(name).read)
      .map(({ name }) => ({ type: name, url: `${base}/sobjects/${name}/describe` })),
  );
}

/** Rows shown of each object in a list of search results. */
const SEARCH_ROWS = 25;

/** GET …/search/layout/?q=T1,T2: the columns of search results, the name first. */
export function searchLayout({ caller }: RestContext, { query }: RestRequest): RestAnswer {
  const objects = listOf(query.get('q')).flatMap((name) => {
    const object = findObject(name, caller.apiVersion);
    return object !== undefined && caller.access.object(object.name).read ? [object] : [];
  });
  return jsonAnswer(
    objects.map((object) => ({
      label: object.labelPlural,
      limitRows: SEARCH_ROWS,
      searchColumns: searchColumns(object),
    })),
  );
}

function searchColumns(object: SObjectDescription): unknown[] {
  const name = nameFieldOf(object)?.name;
  return [...(name === undefined ? [] : [name]), ...(object.layout?.listColumns ?? [])].flatMap((column) => {
    const field = fieldOf(object, column);
    if (field === undefined) return [];
    const path =
      field.type === 'reference' && field.relationshipName ? `${field.relationshipName}.Name` : field.name;
    return [{ field: `${object.name}.${path}`, format: null, label: field.label, name: path }];
  });
}
