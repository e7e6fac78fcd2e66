/**
 * describeCompactLayouts(): the system's own compact layout, the only one (salesforce-data-api.md §6); its id is null.
 */
import type { Caller } from '../access/caller.js';
import type { SObjectDescription } from '../objects/language.js';
import { nameFieldOf } from '../objects/registry.js';
import { MASTER_RECORD_TYPE_ID } from './describe-sobject.js';
import { itemOf, placed } from './layout-item.js';

const SYSTEM = { label: 'System Default', name: 'SYSTEM' } as const;

/** In the shape of REST; SOAP leaves out `urls` and the items' `details`. */
export function describeCompactLayouts(
  caller: Caller,
  object: SObjectDescription,
  base: string,
): Record<string, unknown> {
  const own = `${base}/sobjects/${object.name}/describe/compactLayouts`;
  return {
    compactLayouts: [compactLayoutOf(caller, object)],
    defaultCompactLayoutId: null,
    recordTypeCompactLayoutMappings: [
      {
        available: true,
        compactLayoutId: null,
        compactLayoutName: SYSTEM.name,
        recordTypeId: MASTER_RECORD_TYPE_ID,
        recordTypeName: 'Master',
        urls: { compactLayout: `${own}/${MASTER_RECORD_TYPE_ID}` },
      },
    ],
    urls: { primary: `${own}/primary` },
  };
}

/** The compact layout itself, as `…/compactLayouts/primary` answers. */
export function compactLayoutOf(caller: Caller, object: SObjectDescription): Record<string, unknown> {
  const name = nameFieldOf(object);
  const names = object.layout?.compactLayoutFields ?? (name === undefined ? [] : [name.name]);
  const items = names.flatMap((field) => placed(caller, object, { field, behavior: 'Readonly' }) ?? []);
  return {
    actions: [],
    fieldItems: items.map((item, at) => itemOf(caller, object, item, at + 1)),
    id: null,
    imageItems: [],
    label: SYSTEM.label,
    name: SYSTEM.name,
    objectType: object.name,
  };
}
