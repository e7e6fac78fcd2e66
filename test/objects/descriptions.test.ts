/** Every description against the reference files: each object, each field, each flag that describe derives. */
import { describe, expect, it } from 'vitest';
import type { FieldDescription, SObjectDescription } from '../../src/objects/language.js';
import {
  fieldOf,
  fieldsAt,
  findObject,
  isAggregatable,
  isAutoNumber,
  isCreateable,
  isDefaultedOnCreate,
  isFilterable,
  isGroupable,
  isIdLookup,
  isNillable,
  isPermissionable,
  isRestrictedPicklist,
  isSortable,
  isUpdateable,
  OBJECTS,
  objectOfId,
  picklistValuesOf,
  requiredOnCreate,
} from '../../src/objects/registry.js';
import { REFERENCE_OBJECTS, REFERENCE_VALUE_LISTS, type ReferenceField } from './reference.js';

/** DECISIONS 12: fields of these objects that may be created may be updated too. The one marked exception. */
const EDITABLE_IN_SETUP = [
  'LiveChatBlockingRule',
  'LiveChatButtonDeployment',
  'LiveChatButtonSkill',
  'LiveChatDeployment',
  'LiveChatUserConfig',
  'SkillProfile',
  'SkillUser',
  'UserConfigTransferButton',
  'UserConfigTransferSkill',
];

/** Described by issue or by us, not by the reference: see their own tests below. */
const WITHOUT_REFERENCE = ['FloorFieldSetting', 'FloorObjectSetting', 'SetupAuditTrail'];

const COMPARED = OBJECTS.filter(({ name }) => !WITHOUT_REFERENCE.includes(name));

const referenceOf = (object: SObjectDescription) => {
  const found = REFERENCE_OBJECTS.get(object.name);
  if (found === undefined) throw new Error(`${object.name} is not in the reference`);
  return found;
};

/** CurrencyIsoCode exists only in organizations with several currencies; this server has one. */
const expectedFields = (object: SObjectDescription) =>
  referenceOf(object).fields.filter(({ name }) => name !== 'CurrencyIsoCode');

describe('objects', () => {
  it('stand in alphabetical order, each once', () => {
    const names = OBJECTS.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)));
  });

  it('have ids that tell them apart', () => {
    const prefixes = OBJECTS.map(({ idPrefix }) => idPrefix).filter((p) => !['', '02c', '017'].includes(p));
    expect(new Set(prefixes).size).toBe(prefixes.length);
    for (const object of OBJECTS.filter(({ keyPrefix }) => keyPrefix !== null)) {
      expect(objectOfId(`${object.keyPrefix}FW0000000000`)).toBe(object);
    }
    expect(objectOfId('zzzFW0000000000')).toBeUndefined();
  });

  it('mark exactly the set-up objects whose createable fields are updateable here', () => {
    const marked = OBJECTS.filter(({ editableInSetup }) => editableInSetup).map(({ name }) => name);
    expect(marked).toEqual(EDITABLE_IN_SETUP);
  });

  it.each(COMPARED.map((object) => [object.name, object] as const))('%s as in the reference', (_, object) => {
    const expected = referenceOf(object);
    expect(object.label).toBe(expected.label);
    expect(object.labelPlural).toBe(expected.labelPlural);
    if (expected.keyPrefix !== null) expect(object.keyPrefix).toBe(expected.keyPrefix);
    expect(object.idPrefix).toBe(expected.keyPrefix ?? expected.idPrefix ?? object.idPrefix);
    expect(object.minApiVersion).toBe(Math.max(21, Number(expected.minApiVersion ?? 21)));
    expect(object.supportedCalls).toEqual(expected.supportedCalls);
    expect(object.childRelationships).toEqual(
      expected.childRelationships.map(
        ({
          childSObject,
          field,
          relationshipName,
          cascadeDelete,
          restrictedDelete,
          deprecatedAndHidden,
        }) => ({
          childSObject,
          field,
          relationshipName,
          cascadeDelete,
          restrictedDelete,
          deprecatedAndHidden,
        }),
      ),
    );
    expect(object.trackableHistoryFields ?? []).toEqual(expected.trackableHistoryFields ?? []);
    const ofLayouts = ['searchLayoutable', 'compactLayoutable'];
    if (expected.flagsTrue !== undefined) {
      expect(object.flags.filter((flag) => !ofLayouts.includes(flag))).toEqual(expected.flagsTrue);
    }
    expect(
      requiredOnCreate(object)
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...expected.requiredOnCreate].sort());
    expect(object.fields.map(({ name }) => name)).toEqual(expectedFields(object).map(({ name }) => name));
  });
});

/** Flags of a field as describe shows them, computed by the server. */
function flagsOf(object: SObjectDescription, field: FieldDescription) {
  return {
    aggregatable: isAggregatable(field),
    autoNumber: isAutoNumber(field),
    createable: isCreateable(field),
    defaultedOnCreate: isDefaultedOnCreate(field),
    filterable: isFilterable(field),
    groupable: isGroupable(field),
    idLookup: isIdLookup(field),
    nameField: field.flags?.nameField ?? false,
    namePointing: field.flags?.namePointing ?? false,
    nillable: isNillable(field),
    permissionable: isPermissionable(object, field),
    polymorphicForeignKey: field.flags?.polymorphicForeignKey ?? false,
    restrictedPicklist: isRestrictedPicklist(field),
    sortable: isSortable(field),
    unique: field.flags?.unique ?? false,
    updateable: isUpdateable(field),
  };
}

/** The same flags, computed from the reference alone. */
function expectedFlags(object: SObjectDescription, field: ReferenceField) {
  const has = (word: string) => field.properties.includes(word);
  const flags = field.describeFlags ?? {};
  const neverAggregatable = ['boolean', 'address', 'multipicklist', 'anyType', 'base64', 'complexvalue'];
  const updateable = has('Update') || (EDITABLE_IN_SETUP.includes(object.name) && has('Create'));
  const platform =
    field.system === true ||
    field.perUser === true ||
    flags.nameField === true ||
    field.name === 'OwnerId' ||
    object.setup === true ||
    object.associate !== undefined;
  const required = referenceOf(object).requiredOnCreate.includes(field.name);
  return {
    aggregatable:
      flags.aggregatable ?? (!neverAggregatable.includes(field.type) && (has('Filter') || has('Sort'))),
    autoNumber: has('Autonumber'),
    createable: has('Create'),
    defaultedOnCreate: has('Defaulted on create'),
    filterable: has('Filter'),
    groupable: has('Group'),
    idLookup: has('idLookup'),
    nameField: flags.nameField ?? false,
    namePointing: flags.namePointing ?? false,
    nillable: has('Nillable'),
    permissionable: flags.permissionable ?? !(platform || required),
    polymorphicForeignKey: flags.polymorphicForeignKey ?? false,
    restrictedPicklist: has('Restricted picklist'),
    sortable: has('Sort'),
    unique: flags.unique ?? false,
    updateable,
  };
}

/** objects.json, alsoForLiveAgentSession: generic shares and histories carry the whole lists. */
const WHOLE_LISTS: Readonly<Record<string, string>> = {
  'LiveAgentSessionShare.AccessLevel': 'shareAccessLevel',
  'LiveAgentSessionShare.RowCause': 'shareRowCause',
  'LiveAgentSessionHistory.DataType': 'historyDataType',
};

/** Picklist values of a field by the reference; undefined where the list depends on the organization. */
function expectedValues(object: SObjectDescription, field: ReferenceField) {
  const from = WHOLE_LISTS[`${object.name}.${field.name}`] ?? field.picklistFrom;
  if (from !== undefined) return REFERENCE_VALUE_LISTS[from];
  return field.picklistValues?.map((entry) =>
    typeof entry === 'string' ? { value: entry, label: entry } : entry,
  );
}

const everyField = COMPARED.flatMap((object) =>
  expectedFields(object).map((expected) => [`${object.name}.${expected.name}`, object, expected] as const),
);

describe('fields', () => {
  it.each(everyField)('%s as in the reference', (_, object, expected) => {
    const field = fieldOf(object, expected.name);
    if (field === undefined) throw new Error('missing');
    expect(field).toMatchObject({ name: expected.name, label: expected.label, type: expected.type });
    expect(flagsOf(object, field)).toEqual(expectedFlags(object, expected));
    for (const key of [
      'length',
      'digits',
      'precision',
      'scale',
      'referenceTo',
      'relationshipName',
      'unit',
    ] as const) {
      expect(field[key], key).toEqual(expected[key]);
    }
    expect(field.system ?? false).toBe(expected.system ?? false);
    expect(field.perUser ?? false).toBe(expected.perUser ?? false);
    expect(field.minApiVersion).toBe(
      expected.minApiVersion === undefined ? undefined : Number(expected.minApiVersion),
    );
    expect(field.defaultValue).toBe(expected.defaultValue);
    for (const flag of ['compoundFieldName', 'extraTypeInfo', 'htmlFormatted', 'caseSensitive'] as const) {
      expect(field.flags?.[flag], flag).toBe(expected.describeFlags?.[flag]);
    }
    expect(field.flags?.defaultValue === null).toBe(expected.describeFlags?.defaultValue === null);
    if (`${object.name}.${field.name}` === 'LiveAgentSessionHistory.Field') return; // see below
    const values = expectedValues(object, expected);
    if (values !== undefined) expect(field.picklistValues).toEqual(values);
  });

  it('are found whatever the case, and only from the version that brought them', () => {
    const config = findObject('livechatuserconfig');
    if (config === undefined) throw new Error('missing');
    expect(fieldOf(config, 'CAPACITY')?.name).toBe('Capacity');
    expect(fieldOf(config, 'HasTransferConferenceGreeting', 52)).toBeUndefined();
    expect(fieldOf(config, 'HasTransferConferenceGreeting', 53)).toBeDefined();
    expect(fieldsAt(config, 53).length - fieldsAt(config, 52).length).toBe(2);
  });
});

describe('histories', () => {
  it('name lookups by their relationship, sorted by label, with the words for events', () => {
    const history = findObject('LiveAgentSessionHistory') ?? expect.fail();
    const field = fieldOf(history, 'Field') ?? expect.fail();
    const recorded = REFERENCE_OBJECTS.get(history.name)?.fields.find(({ name }) => name === 'Field');
    const special = REFERENCE_VALUE_LISTS.historySpecialFieldValues ?? [];
    const values = field.picklistValues ?? [];
    expect(values.map(({ value }) => value).sort()).toEqual(
      [...((recorded?.picklistValues ?? []) as string[]), ...special.map(({ value }) => value)].sort(),
    );
    const labels = values.map(({ label }) => label ?? '');
    expect(labels).toEqual([...labels].sort());
    expect(values).toContainEqual({ value: 'Agent', label: 'User' });
  });
});

describe('values that depend on what is served', () => {
  it('are the names of objects and of fields', () => {
    const permissions = findObject('FieldPermissions') ?? expect.fail();
    const valuesOf = (name: string) =>
      picklistValuesOf(fieldOf(permissions, name) ?? expect.fail()).map(({ value }) => value);
    expect(valuesOf('SobjectType')).toEqual(OBJECTS.map(({ name }) => name));
    expect(valuesOf('Field')).toContain('LiveAgentSession.NumFlagLoweredSupervisor');
    expect(valuesOf('Field')).not.toContain('LiveAgentSession.AgentId');
    const tracked = fieldOf(findObject('FloorFieldSetting') ?? expect.fail(), 'Field') ?? expect.fail();
    expect(picklistValuesOf(tracked).map(({ value }) => value)).toContain('LiveAgentSession.AgentId');
  });
});

describe('ids of shares', () => {
  it.each([
    ['02cFW0000000001', 'LiveAgentSessionShare'],
    ['02cFW1000000001', 'LiveAgentSessionShare'],
    ['02cFW2000000001', 'LiveChatTranscriptShare'],
    ['02cFW3000000001', 'LiveChatTranscriptShare'],
    ['02cFW9000000001', undefined],
    ['017FW0000000001', undefined],
  ])('%s names a %s', (id, name) => {
    expect(objectOfId(id)?.name).toBe(name);
  });
});

describe('LiveAgentSession', () => {
  it('exists from 28.0 on', () => {
    expect(findObject('LiveAgentSession', 27)).toBeUndefined();
    expect(findObject('LiveAgentSession', 28)?.name).toBe('LiveAgentSession');
    expect(findObject('liveagentsession')?.name).toBe('LiveAgentSession');
    expect(findObject('NoSuchThing')).toBeUndefined();
  });

  it('has 26 fields, the layout and the lists of the reference', () => {
    const session = findObject('LiveAgentSession');
    const expected = REFERENCE_OBJECTS.get('LiveAgentSession')?.layout;
    expect(session?.fields).toHaveLength(26);
    expect(session?.layout?.name).toBe(expected?.name);
    expect(session?.layout?.compactLayoutFields).toEqual(expected?.compactLayoutFields);
    expect(session?.layout?.listColumns).toEqual(expected?.listColumnsBesidesName);
    expect(session?.layout?.sections.map(({ heading, columns }) => ({ heading, columns }))).toEqual(
      expected?.sections.map(({ heading, columns }) => ({ heading, columns })),
    );
  });
});
