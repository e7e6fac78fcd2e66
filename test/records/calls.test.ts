/**
 * Every call of every object: those its reference page lists work, the others fail with the code for it. Records are
 * made of what each description says a create must send, so a new object joins by itself.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiError } from '../../src/errors.js';
import type { FieldDescription, SObjectDescription } from '../../src/objects/language.js';
import { OBJECTS, picklistValuesOf, requiredOnCreate } from '../../src/objects/registry.js';
import { bytesOf, startQuery } from '../../src/query/run.js';
import { search } from '../../src/query/sosl/search.js';
import { createRecords } from '../../src/records/create.js';
import { deleteRecords } from '../../src/records/delete.js';
import { describeSObject } from '../../src/records/describe-sobject.js';
import { emptyRecycleBin } from '../../src/records/empty-recycle-bin.js';
import { getDeleted } from '../../src/records/get-deleted.js';
import { getUpdated } from '../../src/records/get-updated.js';
import type { SaveResult } from '../../src/records/result.js';
import { retrieveRow } from '../../src/records/retrieve.js';
import { undeleteRecords } from '../../src/records/undelete.js';
import { updateRecords } from '../../src/records/update.js';
import { upsertRecords } from '../../src/records/upsert.js';
import { hasTable } from '../../src/store/columns.js';
import { type TestStore, testStore } from '../support/store.js';
import { setFloorTime } from '../support/time.js';
import { accessTo, aSession, createAll, objectNamed, type People, people } from './people.js';

const base = '/services/data/v60.0';
const now = Date.UTC(2026, 2, 10, 12);
let store: TestStore;
let who: People;
beforeAll(async () => {
  store = await testStore();
  who = await people(store.db);
  // Shares and rules add something only above the default.
  who = {
    ...who,
    admin: {
      ...who.admin,
      access: {
        ...accessTo(),
        sharing: { model: () => 'Private', owners: () => [], reachesMost: () => false, covered: () => -1 },
      },
    },
  };
  await createAll(store.db, who.admin, 'Organization', [{ Name: 'Floor' }]);
  await setFloorTime(store.db, { frozenAt: now });
});
afterAll(() => store.close());

let made = 0;

/** What a few objects ask for beyond their description. */
const PARTICULARS: Record<string, () => Promise<Record<string, unknown>> | Record<string, unknown>> = {
  FieldPermissions: () => ({
    SobjectType: 'LiveAgentSession',
    Field: 'LiveAgentSession.TimeIdle',
    PermissionsRead: true,
  }),
  // A setting stands once for each field or object: the one before makes room.
  FloorFieldSetting: async () => {
    await store.db.query('DELETE FROM so_floor_field_setting');
    return { SobjectType: 'LiveAgentSession', Field: 'LiveAgentSession.TimeIdle' };
  },
  FloorObjectSetting: async () => {
    await store.db.query('DELETE FROM so_floor_object_setting');
    return { SobjectType: 'QuickText' };
  },
  Group: () => ({ Type: 'Regular', DeveloperName: `G${made}` }),
  GroupMember: async () => ({ GroupId: await makeOne(objectNamed('Group')) }),
  LiveAgentSessionOwnerSharingRule: () => ({ GroupId: who.groupId, UserOrGroupId: who.groupId }),
  LiveAgentSessionShare: () => ({ AccessLevel: 'Read' }),
  LiveChatBlockingRule: () => ({ FromIpAddress: '192.0.2.1', ToIpAddress: '192.0.2.9' }),
  LiveChatTranscriptOwnerSharingRule: () => ({ GroupId: who.groupId, UserOrGroupId: who.groupId }),
  LiveChatTranscriptShare: () => ({ AccessLevel: 'Read' }),
  ObjectPermissions: () => ({ SobjectType: 'LiveAgentSession', PermissionsRead: true }),
  PermissionSetAssignment: async () => ({ PermissionSetId: await makeOne(objectNamed('PermissionSet')) }),
  QueueSobject: async () => {
    const queue = { Name: 'Q', DeveloperName: `Q${made}`, Type: 'Queue' };
    const [QueueId] = await createAll(store.db, who.admin, 'Group', [queue]);
    return { QueueId, SobjectType: 'LiveAgentSession' };
  },
  User: () => ({ Username: `calls${made}@example.test`, ProfileId: who.profileId }),
};

/** Fields of a new record of the object, each different from those made before. */
async function newFields(object: SObjectDescription): Promise<Record<string, unknown>> {
  made++;
  const fields: Record<string, unknown> = {};
  const particular = (await PARTICULARS[object.name]?.()) ?? {};
  for (const field of requiredOnCreate(object)) {
    if (!(field.name in particular)) fields[field.name] = await valueFor(field);
  }
  return { ...fields, ...particular };
}

async function valueFor(field: FieldDescription): Promise<unknown> {
  switch (field.type) {
    case 'reference': {
      const [target = ''] = field.referenceTo ?? [];
      if (field.referenceTo?.includes('User')) return who.agentId;
      return (await makeOne(objectNamed(target))) ?? '';
    }
    case 'picklist':
      return picklistValuesOf(field)[0]?.value ?? 'Any';
    case 'datetime':
      return '2026-03-10T12:00:00Z';
    case 'email':
      return `mail${made}@example.test`;
    case 'int':
    case 'double':
      return 1;
    case 'boolean':
      return true;
    default:
      return `N${made}`.slice(0, field.length ?? 40);
  }
}

/** A new record's id; made as the server itself where the API cannot. */
async function makeOne(object: SObjectDescription): Promise<string> {
  const origin = object.supportedCalls.includes('create') ? 'api' : 'system';
  const fields = origin === 'api' ? await newFields(object) : await systemFields(object);
  const [result] = await createRecords(store.db, who.admin, {
    object,
    records: [fields],
    allOrNone: true,
    origin,
  });
  if (result?.id == null)
    throw new Error(`${object.name}: ${JSON.stringify(result?.errors)} ${JSON.stringify(fields)}`);
  return result.id;
}

async function systemFields(object: SObjectDescription): Promise<Record<string, unknown>> {
  made++;
  const parent = object.associate?.type === 'History' ? object.associate.parent : undefined;
  if (parent === undefined) return {};
  const reference = object.fields.find(({ referenceTo }) => referenceTo?.[0] === parent);
  return { [reference?.name ?? '']: await makeOne(objectNamed(parent)), Field: 'created' };
}

const codeOf = (results: readonly SaveResult[]) => results[0]?.errors[0];
const unsupported = (object: SObjectDescription, call: string) => ({
  code: 'INVALID_TYPE_FOR_OPERATION',
  message: `entity type ${object.label} does not support ${call}`,
});

const stored = OBJECTS.filter(hasTable);
const readable = stored.filter(({ supportedCalls }) => supportedCalls.includes('retrieve'));
const cases = stored.map((object) => [object.name, object] as const);

describe.each(cases)('%s', (_, object) => {
  const supports = (call: (typeof object.supportedCalls)[number]) => object.supportedCalls.includes(call);
  const save = { object, allOrNone: true };

  it('create', async () => {
    if (supports('create')) {
      expect(await makeOne(object)).toHaveLength(18);
      return;
    }
    const results = await createRecords(store.db, who.admin, { ...save, records: [{}] });
    expect(codeOf(results)).toMatchObject(unsupported(object, 'create'));
  });

  it('update', async () => {
    const id = await makeOne(object);
    const results = await updateRecords(store.db, who.admin, { ...save, records: [{ Id: id }] });
    if (supports('update')) expect(results).toEqual([{ id, success: true, errors: [] }]);
    else expect(codeOf(results)).toMatchObject(unsupported(object, 'update'));
  });

  it('upsert', async () => {
    const id = await makeOne(object);
    const results = await upsertRecords(store.db, who.admin, {
      ...save,
      keyField: 'Id',
      records: [{ Id: id }],
    });
    if (supports('upsert')) expect(results).toEqual([{ id, success: true, created: false, errors: [] }]);
    else expect(codeOf(results)).toMatchObject({ code: 'INVALID_ENTITY_FOR_UPSERT' });
  });

  it('delete, then undelete', async () => {
    const id = await makeOne(object);
    const removed = await deleteRecords(store.db, who.admin, [id]);
    if (!supports('delete')) {
      expect(codeOf(removed)?.code).toBe('INVALID_TYPE_FOR_OPERATION');
      expect(await exists(object, id)).toBe(true);
    } else {
      expect(removed).toEqual([{ id, success: true, errors: [] }]);
      expect(await exists(object, id)).toBe(false);
    }
    const back = await undeleteRecords(store.db, who.admin, [id]);
    if (supports('undelete')) {
      expect(back).toEqual([{ id, success: true, errors: [] }]);
      expect(await exists(object, id)).toBe(true);
    } else expect(codeOf(back)?.code).toBe('INVALID_TYPE_FOR_OPERATION');
  });

  it('emptyRecycleBin: for what can be brought back', async () => {
    const id = await makeOne(object);
    if (supports('delete')) await deleteRecords(store.db, who.admin, [id]);
    const [result] = await emptyRecycleBin(store.db, who.admin, [id]);
    expect(result?.success).toBe(supports('delete') && supports('undelete'));
  });

  it('getUpdated and getDeleted', async () => {
    const id = await makeOne(object);
    const updated = getUpdated(store.db, who.admin, object, now - 60_000, now + 60_000);
    if (supports('getUpdated')) expect((await updated).ids).toContain(id);
    else await expect(updated).rejects.toMatchObject(unsupported(object, 'getUpdated'));
    if (supports('delete')) await deleteRecords(store.db, who.admin, [id]);
    const deleted = getDeleted(store.db, who.admin, object, now - 60_000, now + 60_000);
    if (supports('getDeleted')) {
      const ids = (await deleted).deletedRecords.map((record) => record.id);
      expect(ids.includes(id)).toBe(supports('delete'));
    } else await expect(deleted).rejects.toMatchObject(unsupported(object, 'getDeleted'));
  });

  it('retrieve and query', async () => {
    const id = await makeOne(object);
    const row = retrieveRow(store.db, who.admin, id, { object, base });
    if (supports('retrieve')) expect((await row).status).toBe('found');
    else await expect(row).rejects.toMatchObject(unsupported(object, 'retrieve'));
    expect(supports('query')).toBe(true);
    const page = await startQuery(store.db, who.admin, `SELECT Id FROM ${object.name} WHERE Id = '${id}'`, {
      base,
    });
    expect(JSON.parse((await bytesOf(page)).toString()).totalSize).toBe(1);
  });

  it('search', async () => {
    const found = search(store.db, who.admin, `FIND {N1} RETURNING ${object.name}(Id)`, { base });
    if (supports('search')) expect(JSON.parse((await found).toString())).toHaveProperty('searchRecords');
    else
      await expect(found).rejects.toSatisfy(
        (error: ApiError) => error instanceof ApiError && error.code === 'INVALID_TYPE_FOR_OPERATION',
      );
  });

  it('describes: what describe says agrees with the calls', () => {
    const flags = describeSObject(who.admin, object, { base, publicUrl: '' });
    expect(flags).toMatchObject({
      createable: supports('create'),
      updateable: supports('update'),
      deletable: supports('delete'),
      undeletable: supports('undelete'),
      queryable: supports('query'),
      retrieveable: supports('retrieve'),
      searchable: supports('search'),
      layoutable: supports('describeLayout'),
    });
  });
});

async function exists(object: SObjectDescription, id: string): Promise<boolean> {
  if (!readable.includes(object)) {
    const page = await startQuery(store.db, who.admin, `SELECT Id FROM ${object.name} WHERE Id = '${id}'`, {
      base,
    });
    return page.totalSize === 1;
  }
  return (await retrieveRow(store.db, who.admin, id, { object, base })).status === 'found';
}

it('sessions are made as the others', () => {
  // aSession is what the rest of the suite sends; the description asks for nothing else.
  expect(Object.keys(aSession(who.agentId)).sort()).toEqual(
    requiredOnCreate(objectNamed('LiveAgentSession'))
      .map(({ name }) => name)
      .sort(),
  );
});
