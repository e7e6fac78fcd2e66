/** The permission matrix (permission-matrix.test.ts) over SOAP: the same worlds and model, both APIs, every call. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { userId } from '../access/sharing/organization.js';
import { answersOf } from '../api/soap/answers.js';
import { type SoapAnswer, textOf, textsOf } from '../support/soap-calls.js';
import { expected, liveSessions, type Matrix, startMatrix } from './matrix.js';
import { ANY } from './read-paths.js';
import { idsXml, SOAP_PATHS, type SoapUser, soapUser } from './soap-paths.js';
import {
  levelOf,
  mayCreate,
  mayDelete,
  mayEdit,
  mayRead,
  mayReadObject,
  sessionId,
  storeSessions,
  UNKNOWN_SESSION,
  type World,
} from './world.js';

const WORLDS = 5;

let matrix: Matrix;
let users: SoapUser[];
beforeAll(async () => {
  matrix = await startMatrix();
  const answers = answersOf(matrix.url);
  users = matrix.tokens.map((token, user) => {
    const api = user % 2 === 0 ? 'partner' : 'enterprise';
    const check = (call: string, answer: SoapAnswer) => answers.check({ api, version: 60, call }, answer);
    return soapUser({ url: matrix.url, token, api, check });
  });
});
afterAll(() => matrix.close());

type Check = (world: World, user: number, soap: SoapUser) => Promise<void>;

const forEachUser = (check: Check) =>
  matrix.forEachUser((world, user) => check(world, user, users[user] as SoapUser), WORLDS);

/** A record of sObjects, as the user's API has it. */
function sObject({ api }: SoapUser, type: string, fields: Readonly<Record<string, string | number>>): string {
  const content = Object.entries(fields).map(([name, value]) => `<o:${name}>${value}</o:${name}>`);
  return api === 'partner'
    ? `<sObjects><o:type>${type}</o:type>${content.join('')}</sObjects>`
    : `<sObjects xsi:type="o:${type}">${content.join('')}</sObjects>`;
}

const change = (soap: SoapUser, Id: string, fields: Readonly<Record<string, string | number>>) =>
  soap.call('update', sObject(soap, 'LiveAgentSession', { Id, ...fields }));

const share = (soap: SoapUser, ParentId: string) =>
  soap.call(
    'create',
    sObject(soap, 'LiveAgentSessionShare', { ParentId, UserOrGroupId: userId(1), AccessLevel: 'Edit' }),
  );

const isSaved = ({ body }: SoapAnswer): boolean => textOf(body, 'success') === 'true';

describe('over SOAP, a session is told about to those who may see it, and to nobody else', () => {
  it('by every read path', async () => {
    expect(SOAP_PATHS.length).toBeGreaterThan(25);
    await matrix.forEachUser(async (world, user, reader) => {
      const soap = users[user] as SoapUser;
      for (const path of SOAP_PATHS) {
        const told = [...new Set(await path.read(soap, reader))].sort();
        const wanted = expected(world, user, path);
        if (told.includes(ANY)) expect((await path.read(soap, reader)).length, path.name).toBe(wanted.length);
        else expect(told, `${path.name} in the ${soap.api} API`).toEqual([...wanted].sort());
      }
    }, WORLDS);
  }, 300_000);

  it('and a hidden one answers as one that never was', async () => {
    await forEachUser(async (world, user, soap) => {
      const attempts: [string, (id: string) => Promise<SoapAnswer>][] = [
        ['update', (id) => change(soap, id, { LogoutTime: '2026-01-01T00:00:00Z' })],
        ['delete', (id) => soap.call('delete', idsXml([id]))],
        ['undelete', (id) => soap.call('undelete', idsXml([id]))],
        ['emptyRecycleBin', (id) => soap.call('emptyRecycleBin', idsXml([id]))],
        ['share', (id) => share(soap, id)],
      ];
      const said = ({ status, body }: SoapAnswer, id: string) =>
        `${status} ${body.replaceAll(id, '<id>').replaceAll(id.slice(0, 15), '<id>')}`;
      const hidden = world.sessions.flatMap((_, session) =>
        mayRead(world, user, session) ? [] : [sessionId(session)],
      );
      for (const [name, attempt] of attempts) {
        const never = said(await attempt(UNKNOWN_SESSION), UNKNOWN_SESSION);
        for (const id of hidden) expect(said(await attempt(id), id), name).toBe(never);
      }
    });
  }, 300_000);
});

describe('over SOAP, a session is changed by those who may, and by nobody else', () => {
  it('by create, update, delete, undelete and sharing', async () => {
    await forEachUser(async (world, user, soap) => {
      const fields = {
        AgentId: userId(user),
        LoginTime: '2026-01-01T00:00:00Z',
        LogoutTime: '2026-01-01T01:00:00Z',
      };
      const made = await soap.call('create', sObject(soap, 'LiveAgentSession', fields));
      expect(isSaved(made), made.body).toBe(mayCreate(world, user));
      for (const session of liveSessions(world)) {
        const shared = await share(soap, sessionId(session));
        const mayShare =
          mayReadObject(world, user) && levelOf(world, user, session) === 3 && world.model !== 'ReadWrite';
        expect(isSaved(shared), shared.body).toBe(mayShare);
      }
      await storeSessions(matrix.db, world.sessions);
      for (const session of liveSessions(world)) {
        const id = sessionId(session);
        const changed = await change(soap, id, { LogoutTime: '2026-01-01T00:00:00Z' });
        expect(isSaved(changed), changed.body).toBe(mayEdit(world, user, session));
        const gone = await soap.call('delete', idsXml([id]));
        expect(isSaved(gone), gone.body).toBe(mayDelete(world, user, session));
      }
      await storeSessions(matrix.db, world.sessions);
      for (const [session, { deleted }] of world.sessions.entries()) {
        if (!deleted) continue;
        const back = await soap.call('undelete', idsXml([sessionId(session)]));
        expect(isSaved(back), back.body).toBe(mayDelete(world, user, session));
      }
      await storeSessions(matrix.db, world.sessions);
    });
  }, 300_000);
});

describe('over SOAP, a hidden field is told to nobody', () => {
  it('and a read-only one is changed by nobody', async () => {
    await forEachUser(async (world, user, soap) => {
      const field = world.fields[user];
      const hides = field === 'hidden';
      const described = await soap.call('describeSObject', '<sObjectType>LiveAgentSession</sObjectType>');
      const retrieved = await soap.call(
        'retrieve',
        `<fieldList>TimeIdle</fieldList><sObjectType>LiveAgentSession</sObjectType>${idsXml([UNKNOWN_SESSION])}`,
      );
      if (!mayReadObject(world, user)) {
        for (const { body } of [described, retrieved]) {
          expect(textOf(body, 'sf:exceptionCode'), body).toBe('INVALID_TYPE');
        }
        return;
      }
      expect(textsOf(described.body, 'name').includes('TimeIdle')).toBe(!hides);
      const layout = await soap.call('describeLayout', '<sObjectType>LiveAgentSession</sObjectType>');
      expect(textsOf(layout.body, 'value').includes('TimeIdle')).toBe(!hides);
      const asked = [retrieved];
      for (const soql of [
        'SELECT TimeIdle FROM LiveAgentSession',
        'SELECT Id FROM LiveAgentSession ORDER BY TimeIdle',
        'SELECT MAX(TimeIdle) FROM LiveAgentSession',
        'SELECT LiveAgentSession.TimeIdle FROM LiveAgentSessionHistory',
      ]) {
        asked.push(await soap.call('query', `<queryString>${soql}</queryString>`));
      }
      const sosl = 'FIND {Session*} RETURNING LiveAgentSession(Id, TimeIdle)';
      asked.push(await soap.call('search', `<searchString>${sosl}</searchString>`));
      for (const { body } of asked) {
        expect(textOf(body, 'sf:exceptionCode'), body).toBe(hides ? 'INVALID_FIELD' : undefined);
      }
      const seen = liveSessions(world).find((session) => mayEdit(world, user, session));
      if (seen === undefined) return;
      const changed = await change(soap, sessionId(seen), { TimeIdle: 1 });
      expect(isSaved(changed), changed.body).toBe(field === 'editable');
      if (field !== 'editable') {
        expect(textOf(changed.body, 'statusCode')).toBe('INVALID_FIELD_FOR_INSERT_UPDATE');
      }
    });
  }, 300_000);
});
