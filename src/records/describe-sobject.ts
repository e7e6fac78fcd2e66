/**
 * describeSObject(): an object whole, as this caller may see it, in the key order of REST (salesforce-data-api.md §5.4).
 * SOAP writes the same values in its own order.
 */
import type { Caller } from '../access/caller.js';
import type { SObjectDescription } from '../objects/language.js';
import { fieldOf, fieldsAt, findObject } from '../objects/registry.js';
import { describeField, type FieldDescribe } from './describe-field.js';
import {
  ASSOCIATES_FROM_VERSION,
  DESCRIBE_OPTION_FROM_VERSION,
  flagFor,
  INTERFACES_FROM_VERSION,
  isVisibleTo,
  RECORD_TYPE_NAMES_FROM_VERSION,
} from './describe-flags.js';
import { objectUrls } from './describe-urls.js';

/** The record type of objects that have none. */
export const MASTER_RECORD_TYPE_ID = '012000000000000AAA';

export interface SObjectDescribe {
  readonly name: string;
  readonly fields: readonly FieldDescribe[];
  readonly [key: string]: unknown;
}

export interface DescribeAddress {
  /** `/services/data/vXX.0`. */
  readonly base: string;
  /** Scheme, host and port, for the pages made for people. */
  readonly publicUrl: string;
}

/** The object must be visible to the caller; fields that are not are left out. */
export function describeSObject(
  caller: Caller,
  object: SObjectDescription,
  { base, publicUrl }: DescribeAddress,
): SObjectDescribe {
  const { apiVersion } = caller;
  const flag = (name: Parameters<typeof flagFor>[2]) => flagFor(caller, object, name);
  const interfaces = apiVersion >= INTERFACES_FROM_VERSION;
  return {
    actionOverrides: [],
    activateable: false,
    ...(apiVersion >= ASSOCIATES_FROM_VERSION
      ? {
          associateEntityType: object.associate?.type ?? null,
          associateParentEntity: object.associate?.parent ?? null,
        }
      : {}),
    childRelationships: childRelationshipsOf(caller, object),
    compactLayoutable: flag('compactLayoutable'),
    createable: flag('createable'),
    custom: false,
    customSetting: false,
    ...(interfaces ? { deepCloneable: false, defaultImplementation: null } : {}),
    deletable: flag('deletable'),
    deprecatedAndHidden: false,
    ...(interfaces ? { extendedBy: null, extendsInterfaces: null } : {}),
    feedEnabled: flag('feedEnabled'),
    fields: describeFields(caller, object),
    hasSubtypes: false,
    ...(interfaces
      ? { implementedBy: null, implementsInterfaces: null, isInterface: false, isSubtype: false }
      : {}),
    keyPrefix: object.keyPrefix,
    label: object.label,
    labelPlural: object.labelPlural,
    layoutable: flag('layoutable'),
    listviewable: null,
    lookupLayoutable: null,
    mergeable: flag('mergeable'),
    mruEnabled: flag('mruEnabled'),
    name: object.name,
    namedLayoutInfos: [],
    networkScopeFieldName: null,
    queryable: flag('queryable'),
    recordTypeInfos: [recordTypeInfo(object, apiVersion, base)],
    replicateable: flag('replicateable'),
    retrieveable: flag('retrieveable'),
    searchLayoutable: flag('searchLayoutable'),
    searchable: flag('searchable'),
    ...(apiVersion >= DESCRIBE_OPTION_FROM_VERSION ? { sobjectDescribeOption: 'FULL' } : {}),
    supportedScopes: supportedScopesOf(object),
    triggerable: flag('triggerable'),
    undeletable: flag('undeletable'),
    updateable: flag('updateable'),
    urls: objectUrls(object, base, publicUrl),
  };
}

/** The fields the caller may see, in describe order. */
export function describeFields(caller: Caller, object: SObjectDescription): FieldDescribe[] {
  const rights = caller.access.object(object.name);
  return fieldsAt(object, caller.apiVersion).flatMap((field) => {
    const fieldRights = caller.access.field(object.name, field.name);
    return fieldRights.read
      ? [describeField(object, field, { object: rights, field: fieldRights }, caller.apiVersion)]
      : [];
  });
}

/** Children whose object and field the caller may see. */
function childRelationshipsOf(caller: Caller, object: SObjectDescription): unknown[] {
  return object.childRelationships.flatMap((relationship) => {
    const { childSObject, field } = relationship;
    const child = findObject(childSObject, caller.apiVersion);
    if (child === undefined || !isVisibleTo(caller, child)) return [];
    if (fieldOf(child, field, caller.apiVersion) === undefined) return [];
    if (!caller.access.field(child.name, field).read) return [];
    return [
      {
        cascadeDelete: relationship.cascadeDelete,
        childSObject,
        deprecatedAndHidden: relationship.deprecatedAndHidden,
        field,
        junctionIdListNames: [],
        junctionReferenceTo: [],
        relationshipName: relationship.relationshipName,
        restrictedDelete: relationship.restrictedDelete,
      },
    ];
  });
}

function recordTypeInfo(object: SObjectDescription, apiVersion: number, base: string): unknown {
  return {
    active: true,
    available: true,
    defaultRecordTypeMapping: true,
    ...(apiVersion >= RECORD_TYPE_NAMES_FROM_VERSION ? { developerName: 'Master' } : {}),
    master: true,
    name: 'Master',
    recordTypeId: MASTER_RECORD_TYPE_ID,
    urls: { layout: `${base}/sobjects/${object.name}/describe/layouts/${MASTER_RECORD_TYPE_ID}` },
  };
}

/** What USING SCOPE accepts, sorted by name (§5.3). */
export function supportedScopesOf(object: SObjectDescription): { label: string; name: string }[] {
  const plural = object.labelPlural.toLowerCase();
  const everything = { label: `All ${plural}`, name: 'everything' };
  const owners = fieldOf(object, 'OwnerId')?.referenceTo ?? [];
  if (!owners.includes('User') || object.setup === true) return [everything];
  const queues = owners.includes('Group');
  return [
    everything,
    { label: `My ${plural}`, name: 'mine' },
    ...(queues ? [{ label: `Queue owned ${plural}`, name: 'queue_owned' }] : []),
    { label: 'Filter by scope', name: 'scopingRule' },
    { label: `My team's ${plural}`, name: 'team' },
    ...(queues ? [{ label: `User owned ${plural}`, name: 'user_owned' }] : []),
  ];
}
