/** describe against the reference: keys in their order, every flag of every field, versions, and the caller's rights. */
import { describe, expect, it } from 'vitest';
import { OBJECTS } from '../../src/objects/registry.js';
import { describeGlobal } from '../../src/records/describe-global.js';
import { describeSObject, type SObjectDescribe } from '../../src/records/describe-sobject.js';
import { REFERENCE_OBJECTS, type ReferenceField } from '../objects/reference.js';
import { accessTo, callerOf, objectNamed } from './people.js';

const admin = callerOf('005FW0000000001AAA', { apiVersion: 68 });
const at = (version: number) => ({ base: `/services/data/v${version}.0`, publicUrl: 'https://floor.test' });
const describeAs = (caller: typeof admin, name: string): SObjectDescribe =>
  describeSObject(caller, objectNamed(name), at(caller.apiVersion));

const OBJECT_KEYS =
  `actionOverrides, activateable, associateEntityType, associateParentEntity, childRelationships,
  compactLayoutable, createable, custom, customSetting, deepCloneable, defaultImplementation, deletable,
  deprecatedAndHidden, extendedBy, extendsInterfaces, feedEnabled, fields, hasSubtypes, implementedBy,
  implementsInterfaces, isInterface, isSubtype, keyPrefix, label, labelPlural, layoutable, listviewable,
  lookupLayoutable, mergeable, mruEnabled, name, namedLayoutInfos, networkScopeFieldName, queryable, recordTypeInfos,
  replicateable, retrieveable, searchLayoutable, searchable, sobjectDescribeOption, supportedScopes, triggerable,
  undeletable, updateable, urls`.split(/,\s+/);

const FIELD_KEYS = `aggregatable, aiPredictionField, autoNumber, byteLength, calculated, calculatedFormula,
  cascadeDelete, caseSensitive, compoundFieldName, controllerName, createable, custom, defaultValue,
  defaultValueFormula, defaultedOnCreate, dependentPicklist, deprecatedAndHidden, digits, displayLocationInDecimal,
  encrypted, externalId, extraTypeInfo, filterable, filteredLookupInfo, formulaTreatNullNumberAsZero, groupable,
  highScaleNumber, htmlFormatted, idLookup, inlineHelpText, label, length, mask, maskType, name, nameField,
  namePointing, nillable, permissionable, picklistValues, polymorphicForeignKey, precision, queryByDistance,
  referenceTargetField, referenceTo, relationshipName, relationshipOrder, restrictedDelete, restrictedPicklist, scale,
  searchPrefilterable, soapType, sortable, type, unique, updateable, writeRequiresMasterRead`.split(/,\s+/);

const GLOBAL_KEYS =
  `activateable, associateEntityType, associateParentEntity, createable, custom, customSetting,
  deepCloneable, deletable, deprecatedAndHidden, feedEnabled, hasSubtypes, isInterface, isSubtype, keyPrefix, label,
  labelPlural, layoutable, mergeable, mruEnabled, name, queryable, replicateable, retrieveable, searchable,
  triggerable, undeletable, updateable, urls`.split(/,\s+/);

const SOAP_TYPES: Record<string, string> = {
  id: 'tns:ID',
  reference: 'tns:ID',
  boolean: 'xsd:boolean',
  int: 'xsd:int',
  double: 'xsd:double',
  percent: 'xsd:double',
  currency: 'xsd:double',
  date: 'xsd:date',
  datetime: 'xsd:dateTime',
  time: 'xsd:time',
  anyType: 'xsd:anyType',
  complexvalue: 'xsd:anyType',
  address: 'urn:address',
  base64: 'xsd:base64Binary',
};

describe('describe of one object', () => {
  it('has the keys of recent versions in their order, 57 a field', () => {
    expect(FIELD_KEYS).toHaveLength(57);
    for (const { name } of OBJECTS) {
      const result = describeAs(admin, name);
      expect(Object.keys(result), name).toEqual(OBJECT_KEYS);
      for (const field of result.fields)
        expect(Object.keys(field), `${name}.${field.name}`).toEqual(FIELD_KEYS);
    }
  });

  const fields = OBJECTS.flatMap((object) => {
    const reference = REFERENCE_OBJECTS.get(object.name);
    return (reference?.fields ?? [])
      .filter(({ name }) => name !== 'CurrencyIsoCode')
      .map((field) => ({ object, field }));
  });

  it('says of every field what the reference says', () => {
    expect(fields.length).toBeGreaterThan(400);
    for (const { object, field } of fields) {
      const found = describeAs(admin, object.name).fields.find(({ name }) => name === field.name);
      const has = (word: string) => field.properties.includes(word);
      const updateable = has('Update') || (object.editableInSetup === true && has('Create'));
      expect(found, `${object.name}.${field.name}`).toMatchObject({
        name: field.name,
        label: field.label,
        type: field.type,
        soapType: SOAP_TYPES[field.type] ?? 'xsd:string',
        length: field.length ?? 0,
        byteLength: byteLength(field),
        digits: field.digits ?? 0,
        precision: field.precision ?? 0,
        scale: field.scale ?? 0,
        autoNumber: has('Autonumber'),
        createable: has('Create'),
        defaultedOnCreate: has('Defaulted on create'),
        filterable: has('Filter'),
        groupable: has('Group'),
        idLookup: has('idLookup'),
        nillable: has('Nillable'),
        restrictedPicklist: has('Restricted picklist'),
        sortable: has('Sort'),
        updateable,
        referenceTo: field.referenceTo ?? [],
        relationshipName: field.relationshipName ?? null,
        ...(field.describeFlags ?? {}),
      });
    }
  });

  const byteLength = ({ type, length = 0 }: ReferenceField) =>
    type === 'id' || type === 'reference' ? 18 : 3 * length;

  it('of LiveAgentSession has its name, its scopes, its one record type and its addresses', () => {
    const session = describeAs(admin, 'LiveAgentSession');
    expect(session).toMatchObject({
      label: 'Chat Session',
      labelPlural: 'Chat Sessions',
      keyPrefix: '0HK',
      associateEntityType: null,
      actionOverrides: [],
      sobjectDescribeOption: 'FULL',
      recordTypeInfos: [
        {
          active: true,
          available: true,
          defaultRecordTypeMapping: true,
          developerName: 'Master',
          master: true,
          name: 'Master',
          recordTypeId: '012000000000000AAA',
          urls: {
            layout: '/services/data/v68.0/sobjects/LiveAgentSession/describe/layouts/012000000000000AAA',
          },
        },
      ],
    });
    expect(session.supportedScopes).toEqual([
      { label: 'All chat sessions', name: 'everything' },
      { label: 'My chat sessions', name: 'mine' },
      { label: 'Queue owned chat sessions', name: 'queue_owned' },
      { label: 'Filter by scope', name: 'scopingRule' },
      { label: "My team's chat sessions", name: 'team' },
      { label: 'User owned chat sessions', name: 'user_owned' },
    ]);
    expect(Object.entries(session.urls as object)).toEqual([
      ['compactLayouts', '/services/data/v68.0/sobjects/LiveAgentSession/describe/compactLayouts'],
      ['rowTemplate', '/services/data/v68.0/sobjects/LiveAgentSession/{ID}'],
      ['approvalLayouts', '/services/data/v68.0/sobjects/LiveAgentSession/describe/approvalLayouts'],
      ['uiDetailTemplate', 'https://floor.test/{ID}'],
      ['uiEditTemplate', 'https://floor.test/{ID}/e'],
      ['defaultValues', '/services/data/v68.0/sobjects/LiveAgentSession/defaultValues?recordTypeId&fields'],
      ['listviews', '/services/data/v68.0/sobjects/LiveAgentSession/listviews'],
      ['describe', '/services/data/v68.0/sobjects/LiveAgentSession/describe'],
      ['uiNewRecord', 'https://floor.test/0HK/e'],
      ['quickActions', '/services/data/v68.0/sobjects/LiveAgentSession/quickActions'],
      ['layouts', '/services/data/v68.0/sobjects/LiveAgentSession/describe/layouts'],
      ['sobject', '/services/data/v68.0/sobjects/LiveAgentSession'],
    ]);
  });

  it('lacks what older versions had not', () => {
    const v48 = Object.keys(describeAs({ ...admin, apiVersion: 48 }, 'LiveAgentSession'));
    expect(OBJECT_KEYS.filter((key) => !v48.includes(key))).toEqual([
      'associateEntityType',
      'associateParentEntity',
      'sobjectDescribeOption',
    ]);
    const v38 = describeAs({ ...admin, apiVersion: 38 }, 'LiveAgentSession');
    expect(Object.keys(v38.fields[0] ?? {})).toHaveLength(53);
    const gone = OBJECT_KEYS.filter((key) => !(key in v38) && !v48.every((known) => known !== key));
    expect(gone).toEqual([
      'deepCloneable',
      'defaultImplementation',
      'extendedBy',
      'extendsInterfaces',
      'implementedBy',
      'implementsInterfaces',
      'isInterface',
      'isSubtype',
    ]);
    expect(JSON.stringify(v38.recordTypeInfos)).not.toContain('developerName');
  });

  it('shows what the caller may do: fields hidden or read-only, and the object’s own rights', () => {
    const agent = callerOf('005FW0000000002AAA', {
      apiVersion: 68,
      access: accessTo(
        'LiveAgentSession.create',
        'LiveAgentSession.edit',
        'LiveAgentSession.TimeIdle.read',
        'LiveAgentSession.TimeInChats.edit',
      ),
    });
    const session = describeAs(agent, 'LiveAgentSession');
    expect(session).toMatchObject({ createable: false, updateable: false, deletable: true, queryable: true });
    const names = session.fields.map(({ name }) => name);
    expect(names).not.toContain('TimeIdle');
    expect(names).toHaveLength(objectNamed('LiveAgentSession').fields.length - 1);
    expect(session.fields.find(({ name }) => name === 'TimeInChats')).toMatchObject({
      createable: false,
      updateable: false,
      nillable: true,
    });
  });
});

describe('the global describe', () => {
  it('lists every object in short, in the order of names', () => {
    const { encoding, maxBatchSize, sobjects } = describeGlobal(admin, at(60).base);
    expect([encoding, maxBatchSize]).toEqual(['UTF-8', 200]);
    const listed = OBJECTS.filter(({ hiddenFromDescribeGlobal }) => hiddenFromDescribeGlobal !== true);
    expect(sobjects.map(({ name }) => name)).toEqual(listed.map(({ name }) => name));
    for (const entry of sobjects) expect(Object.keys(entry)).toEqual(GLOBAL_KEYS);
  });

  it('has LiveAgentSession from version 28 on, and only for those who may read it', () => {
    const has = (caller: typeof admin) =>
      describeGlobal(caller, '/x').sobjects.some(({ name }) => name === 'LiveAgentSession');
    expect(has({ ...admin, apiVersion: 27 })).toBe(false);
    expect(has({ ...admin, apiVersion: 28 })).toBe(true);
    expect(has({ ...admin, access: accessTo('LiveAgentSession.read') })).toBe(false);
  });
});
