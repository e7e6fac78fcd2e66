/** What administrators may save as a blocking or sensitive-data rule, on create and on update. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { automatedCaller } from '../../src/first-start.js';
import { findObject } from '../../src/objects/registry.js';
import { createRecords } from '../../src/records/create.js';
import { updateRecords } from '../../src/records/update.js';
import { closeWorlds, openWorld, type World } from './floor-world.js';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(async () => {
  await world.close();
  await closeWorlds();
});

let made = 0;
async function save(name: string, fields: Readonly<Record<string, unknown>>) {
  const object = findObject(name);
  if (!object) throw new Error(name);
  const caller = await automatedCaller(world.db);
  made += 1;
  const record = { DeveloperName: `Rule${made}`, MasterLabel: `Rule ${made}`, ...fields };
  const [result] = await createRecords(world.db, caller, { object, records: [record], allOrNone: true });
  return result;
}

async function change(name: string, id: string, fields: Readonly<Record<string, unknown>>) {
  const object = findObject(name);
  if (!object) throw new Error(name);
  const caller = await automatedCaller(world.db);
  const records = [{ Id: id, ...fields }];
  const [result] = await updateRecords(world.db, caller, { object, records, allOrNone: true });
  return result;
}

test.each([
  [{ FromIpAddress: '10.0.0.1' }, null],
  [{ FromIpAddress: '10.0.0.1', ToIpAddress: '10.0.0.1' }, null],
  [{ FromIpAddress: '10.0.0.1', ToIpAddress: '10.255.255.255' }, null],
  [{ FromIpAddress: '2001:db8::', ToIpAddress: '2001:db8::ffff' }, null],
  [{ FromIpAddress: 'localhost' }, 'FromIpAddress'],
  [{ FromIpAddress: '10.0.0.256' }, 'FromIpAddress'],
  [{ FromIpAddress: '10.0.0.0/8' }, 'FromIpAddress'],
  [{ FromIpAddress: '10.0.0.2', ToIpAddress: '10.0.0.1' }, 'ToIpAddress'],
  [{ FromIpAddress: '10.0.0.2', ToIpAddress: '::1' }, 'ToIpAddress'],
  [{ FromIpAddress: '10.0.0.2', ToIpAddress: 'x' }, 'ToIpAddress'],
])('a blocking rule %j: fault in %s', async (fields, fault) => {
  const result = await save('LiveChatBlockingRule', fields);
  if (fault === null) expect(result?.errors).toEqual([]);
  else
    expect(result?.errors).toEqual([
      { code: 'FIELD_INTEGRITY_EXCEPTION', message: expect.any(String), fields: [fault] },
    ]);
});

const PATTERN = { Pattern: '\\d{4}', ActionType: 'Remove', EnforceOn: 3, IsEnabled: true };

test.each([
  [{}, null],
  [{ EnforceOn: 0 }, null],
  [{ Pattern: 'a\nb' }, null],
  [{ Pattern: '(?=a)' }, 'Pattern'],
  [{ Pattern: '[' }, 'Pattern'],
  [{ Pattern: 'a*' }, 'Pattern'],
  [{ EnforceOn: 8 }, 'EnforceOn'],
  [{ EnforceOn: -1 }, 'EnforceOn'],
])('a sensitive data rule with %j: fault in %s', async (fields, fault) => {
  const result = await save('LiveChatSensitiveDataRule', { ...PATTERN, ...fields });
  if (fault === null) expect(result?.errors).toEqual([]);
  else
    expect(result?.errors).toEqual([
      { code: 'FIELD_INTEGRITY_EXCEPTION', message: expect.any(String), fields: [fault] },
    ]);
});

test('an update is checked with what stays as it is', async () => {
  const range = await save('LiveChatBlockingRule', { FromIpAddress: '10.1.0.5', ToIpAddress: '10.1.0.9' });
  const id = range?.id as string;
  expect((await change('LiveChatBlockingRule', id, { FromIpAddress: '10.1.0.10' }))?.errors).toMatchObject([
    { code: 'FIELD_INTEGRITY_EXCEPTION', fields: ['ToIpAddress'] },
  ]);
  expect((await change('LiveChatBlockingRule', id, { ToIpAddress: '10.1.0.99' }))?.success).toBe(true);
  const rule = await save('LiveChatSensitiveDataRule', PATTERN);
  expect(
    (await change('LiveChatSensitiveDataRule', rule?.id as string, { Pattern: '(' }))?.errors,
  ).toMatchObject([{ code: 'FIELD_INTEGRITY_EXCEPTION', fields: ['Pattern'] }]);
});
