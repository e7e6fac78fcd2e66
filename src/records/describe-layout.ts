/**
 * describeLayout(): the one page layout of an object as this caller may see it, in the shape of REST
 * (salesforce-data-api.md §6). Fields the caller may not see are left out and those below move up. SOAP leaves out
 * `details` and `urls` and writes recordTypeSelectorRequired as one boolean.
 */
import type { Caller } from '../access/caller.js';
import type { LayoutItem, LayoutSection, ObjectLayout, SObjectDescription } from '../objects/language.js';
import {
  fieldsAt,
  isAutoNumber,
  isCreateable,
  isRequiredOnCreate,
  isUpdateable,
} from '../objects/registry.js';
import { checksum } from '../store/ids.js';
import { MASTER_RECORD_TYPE_ID } from './describe-sobject.js';
import { emptyItem, itemOf, type LayoutItemDescribe, type PlacedField, placed } from './layout-item.js';

export interface LayoutSectionDescribe {
  readonly collapsed: boolean;
  readonly columns: number;
  readonly heading: string | null;
  readonly layoutRows: readonly {
    readonly layoutItems: readonly LayoutItemDescribe[];
    readonly numItems: number;
  }[];
  readonly layoutSectionId: string;
  readonly parentLayoutId: string;
  readonly rows: number;
  readonly tabOrder: 'TopToBottom';
  readonly useCollapsibleSection: boolean;
  readonly useHeading: boolean;
}

export interface LayoutDescribe {
  readonly buttonLayoutSection: { readonly detailButtons: readonly unknown[] };
  readonly detailLayoutSections: readonly LayoutSectionDescribe[];
  readonly editLayoutSections: readonly LayoutSectionDescribe[];
  readonly feedView: null;
  readonly highlightsPanelLayoutSection: null;
  readonly id: string;
  readonly multirowEditLayoutSections?: readonly unknown[];
  readonly offlineLinks: readonly unknown[];
  readonly quickActionList: { readonly quickActionListItems: readonly unknown[] };
  readonly relatedContent: null;
  readonly relatedLists: readonly unknown[];
  readonly saveOptions: readonly unknown[];
}

export interface LayoutsDescribe {
  readonly layouts: readonly LayoutDescribe[];
  readonly recordTypeMappings: readonly Record<string, unknown>[];
  readonly recordTypeSelectorRequired: readonly [false];
}

/** First version with multirowEditLayoutSections (§1). */
const MULTIROW_FROM_VERSION = 35;
const LAYOUT_PREFIX = '00h';
const SECTION_PREFIX = '01B';

/** Ids of layouts and their sections follow from the object: nothing is stored, and they are the same everywhere. */
function layoutIdOf(object: SObjectDescription, prefix = LAYOUT_PREFIX, part = 0): string {
  const fifteen = `${prefix}FW0${String(part).padStart(6, '0')}${object.idPrefix}`;
  return fifteen + checksum(fifteen);
}

/** All layouts: the one there is, for the one record type. The object must be layoutable. */
export function describeLayouts(caller: Caller, object: SObjectDescription, base: string): LayoutsDescribe {
  const layout = describeLayout(caller, object);
  return {
    layouts: [layout],
    recordTypeMappings: [
      {
        active: true,
        available: true,
        defaultRecordTypeMapping: true,
        developerName: 'Master',
        layoutId: layout.id,
        master: true,
        name: 'Master',
        picklistsForRecordType: [],
        recordTypeId: MASTER_RECORD_TYPE_ID,
        urls: { layout: `${base}/sobjects/${object.name}/describe/layouts/${MASTER_RECORD_TYPE_ID}` },
      },
    ],
    recordTypeSelectorRequired: [false],
  };
}

/** The layout of the master record type, bare. */
export function describeLayout(caller: Caller, object: SObjectDescription): LayoutDescribe {
  const { sections } = object.layout ?? defaultLayout(caller, object);
  const describe = (useHeading: (section: LayoutSection) => boolean) =>
    sections.flatMap((section, part) => sectionOf(caller, object, section, part, useHeading(section)));
  return {
    buttonLayoutSection: { detailButtons: [] },
    detailLayoutSections: describe(({ showHeadingOnDetail }) => showHeadingOnDetail),
    editLayoutSections: describe(({ showHeadingOnEdit }) => showHeadingOnEdit),
    feedView: null,
    highlightsPanelLayoutSection: null,
    id: layoutIdOf(object),
    ...(caller.apiVersion >= MULTIROW_FROM_VERSION ? { multirowEditLayoutSections: [] } : {}),
    offlineLinks: [],
    quickActionList: { quickActionListItems: [] },
    relatedContent: null,
    relatedLists: [],
    saveOptions: [],
  };
}

/** A section with at least one row; one whose fields the caller may not see is not there. */
function sectionOf(
  caller: Caller,
  object: SObjectDescription,
  section: LayoutSection,
  part: number,
  useHeading: boolean,
): LayoutSectionDescribe[] {
  const columns = section.columns.map((items) =>
    items.flatMap((item): PlacedField[] => {
      const found = placed(caller, object, item);
      return found === undefined ? [] : [found];
    }),
  );
  const rows = Math.max(0, ...columns.map(({ length }) => length));
  if (rows === 0) return [];
  // Tabs go down the first column, then down the second.
  const begins = columns.map((_, at) => columns.slice(0, at).reduce((sum, { length }) => sum + length, 1));
  const layoutRows = Array.from({ length: rows }, (_, row) => {
    const layoutItems = columns.map((items, column) => {
      const item = items[row];
      return item === undefined
        ? emptyItem(caller)
        : itemOf(caller, object, item, (begins[column] ?? 1) + row);
    });
    return { layoutItems, numItems: layoutItems.length };
  });
  return [
    {
      collapsed: false,
      columns: columns.length,
      heading: section.heading,
      layoutRows,
      layoutSectionId: layoutIdOf(object, SECTION_PREFIX, part + 1),
      parentLayoutId: layoutIdOf(object),
      rows,
      tabOrder: 'TopToBottom',
      useCollapsibleSection: false,
      useHeading,
    },
  ];
}

/** For objects whose page nobody published: the name and what can be written, in two columns. */
function defaultLayout(caller: Caller, object: SObjectDescription): Pick<ObjectLayout, 'sections'> {
  const items = fieldsAt(object, caller.apiVersion)
    .filter((field) => field.flags?.nameField === true || isCreateable(field) || isUpdateable(field))
    .map((field): LayoutItem => {
      if (isAutoNumber(field) || !isUpdateable(field)) return { field: field.name, behavior: 'Readonly' };
      return { field: field.name, behavior: isRequiredOnCreate(field) ? 'Required' : 'Edit' };
    });
  const left = Math.ceil(items.length / 2);
  return {
    sections: [
      {
        heading: 'Information',
        showHeadingOnDetail: true,
        showHeadingOnEdit: true,
        columns: [items.slice(0, left), items.slice(left)],
      },
    ],
  };
}
