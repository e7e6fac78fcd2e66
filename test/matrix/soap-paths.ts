/**
 * The permission matrix through the SOAP endpoint: every line of read-paths.ts that asks SOQL, asked with query() and
 * queryAll(), and the calls that SOAP has of its own.
 */
import type { RestCall } from '../support/rest-calls.js';
import { type SoapAnswer, type SoapApi, soapCall, textOf, textsOf, xmlText } from '../support/soap-calls.js';
import { rowsOf } from '../support/soap-rows.js';
import { READ_PATHS, type Reader, type ReadPath } from './read-paths.js';

/** SOAP calls of one user. */
export interface SoapUser {
  readonly api: SoapApi;
  call(name: string, content: string): Promise<SoapAnswer>;
}

export interface SoapUserOptions {
  readonly url: string;
  readonly token: string;
  readonly api: SoapApi;
  /** Looks at every answer; throws when it is not what the WSDL promises. */
  readonly check: (name: string, answer: SoapAnswer) => Promise<void>;
}

export function soapUser({ url, token, api, check }: SoapUserOptions): SoapUser {
  return {
    api,
    async call(name, content) {
      const answer = await soapCall({ url, session: token, api, version: 60 }, name, content);
      await check(name, answer);
      return answer;
    },
  };
}

/** A line of the matrix for SOAP: the same promise, another door. */
export interface SoapPath extends Omit<ReadPath, 'read'> {
  read(user: SoapUser, reader: Reader): Promise<readonly string[]>;
}

/** Answers `GET …/query?q=` by way of SOAP, with the records REST would have. */
const queriesOver =
  (user: SoapUser): RestCall =>
  async (_, path) => {
    const [, resource = '', soql = ''] = /\/(query|queryAll)\?q=(.*)$/.exec(path) ?? [];
    const statement = decodeURIComponent(soql);
    const { status, text } = await user.call(resource, `<queryString>${xmlText(statement)}</queryString>`);
    const reply = { headers: new Headers(), text };
    if (status !== 200) {
      return { ...reply, status: 400, body: [{ errorCode: textOf(text, 'sf:exceptionCode') }] };
    }
    return { ...reply, status, body: typed(rowsOf(text, user.api)) };
  };

/** SOAP's texts of booleans as booleans, which the lines compare with. */
function typed(value: unknown): unknown {
  if (value === 'true') return true;
  if (value === 'false') return false;
  if (Array.isArray(value)) return value.map(typed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, typed(one)]));
}

const MINUTE = 60_000;

async function windowOf({ db }: Reader): Promise<string> {
  const [row] = await db.query<{ now: number }>('SELECT floor_now() AS now');
  const at = (ms: number) => new Date((row?.now ?? 0) + ms).toISOString();
  return `<sObjectType>LiveAgentSession</sObjectType><startDate>${at(-10 * MINUTE)}</startDate><endDate>${at(MINUTE)}</endDate>`;
}

export const idsXml = (ids: readonly string[]): string => ids.map((id) => `<ids>${id}</ids>`).join('');

const SOAP_CALLS: readonly SoapPath[] = [
  {
    name: 'retrieve',
    tells: 'live',
    async read(user, { sessions, unknown }) {
      const content = `<fieldList>Id</fieldList><sObjectType>LiveAgentSession</sObjectType>${idsXml([...sessions, unknown])}`;
      return [...new Set(textsOf((await user.call('retrieve', content)).body, 'sf:Id'))];
    },
  },
  {
    name: 'getUpdated',
    tells: 'live',
    async read(user, reader) {
      return textsOf((await user.call('getUpdated', await windowOf(reader))).body, 'ids');
    },
  },
  {
    name: 'getDeleted',
    tells: 'deleted',
    async read(user, reader) {
      return textsOf((await user.call('getDeleted', await windowOf(reader))).body, 'id');
    },
  },
  {
    name: 'search',
    tells: 'live',
    async read(user) {
      const sosl = 'FIND {Session*} IN NAME FIELDS RETURNING LiveAgentSession(Id ORDER BY Name)';
      const { body } = await user.call('search', `<searchString>${sosl}</searchString>`);
      return [...new Set(textsOf(body, 'sf:Id'))];
    },
  },
];

export const SOAP_PATHS: readonly SoapPath[] = [
  ...READ_PATHS.filter(({ asks }) => asks === 'soql').map(
    ({ read, ...path }): SoapPath => ({
      ...path,
      read: (user, reader) => read({ ...reader, rest: queriesOver(user) }),
    }),
  ),
  ...SOAP_CALLS,
];
