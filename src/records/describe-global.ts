/** describeGlobal(): every object the caller may see, in short (salesforce-data-api.md §5.5). */
import type { Caller } from '../access/caller.js';
import type { SObjectDescription } from '../objects/language.js';
import { OBJECTS } from '../objects/registry.js';
import { ASSOCIATES_FROM_VERSION, flagFor, INTERFACES_FROM_VERSION, isVisibleTo } from './describe-flags.js';
import { globalUrls } from './describe-urls.js';

export interface GlobalDescribeEntry {
  readonly name: string;
  readonly [key: string]: unknown;
}

export interface GlobalDescribe {
  readonly encoding: 'UTF-8';
  readonly maxBatchSize: 200;
  readonly sobjects: readonly GlobalDescribeEntry[];
}

/** `base` is `/services/data/vXX.0`, before which urls get no host. */
export function describeGlobal(caller: Caller, base: string): GlobalDescribe {
  return {
    encoding: 'UTF-8',
    maxBatchSize: 200,
    sobjects: OBJECTS.filter(
      (object) => isVisibleTo(caller, object) && object.hiddenFromDescribeGlobal !== true,
    ).map((object) => entryOf(caller, object, base)),
  };
}

function entryOf(caller: Caller, object: SObjectDescription, base: string): GlobalDescribeEntry {
  const flag = (name: Parameters<typeof flagFor>[2]) => flagFor(caller, object, name);
  const interfaces = caller.apiVersion >= INTERFACES_FROM_VERSION;
  return {
    activateable: false,
    ...(caller.apiVersion >= ASSOCIATES_FROM_VERSION
      ? {
          associateEntityType: object.associate?.type ?? null,
          associateParentEntity: object.associate?.parent ?? null,
        }
      : {}),
    createable: flag('createable'),
    custom: false,
    customSetting: false,
    ...(interfaces ? { deepCloneable: false } : {}),
    deletable: flag('deletable'),
    deprecatedAndHidden: false,
    feedEnabled: flag('feedEnabled'),
    hasSubtypes: false,
    ...(interfaces ? { isInterface: false, isSubtype: false } : {}),
    keyPrefix: object.keyPrefix,
    label: object.label,
    labelPlural: object.labelPlural,
    layoutable: flag('layoutable'),
    mergeable: flag('mergeable'),
    mruEnabled: flag('mruEnabled'),
    name: object.name,
    queryable: flag('queryable'),
    replicateable: flag('replicateable'),
    retrieveable: flag('retrieveable'),
    searchable: flag('searchable'),
    triggerable: flag('triggerable'),
    undeletable: flag('undeletable'),
    updateable: flag('updateable'),
    urls: globalUrls(object, base),
  };
}
