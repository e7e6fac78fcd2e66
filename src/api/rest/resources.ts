/**
 * Every resource of the REST data API, with the endpoint of each method: the table of salesforce-data-api.md §9. A new
 * resource is one file in resources/ and one line here.
 */
import type { Resource } from './dispatch.js';
import { batch } from './resources/batch.js';
import {
  createCollection,
  deleteCollection,
  updateCollection,
  upsertCollection,
} from './resources/collections.js';
import { composite } from './resources/composite.js';
import { createRow } from './resources/create-row.js';
import { createField, deleteField, getField, getFields, updateField } from './resources/custom-field.js';
import { getDescribe, getSObjects } from './resources/describe.js';
import {
  approvalLayouts,
  compactLayouts,
  layoutOfRecordType,
  layouts,
  listViews,
  primaryCompactLayout,
  quickActions,
} from './resources/layouts.js';
import { limits } from './resources/limits.js';
import { query, queryAll, queryMore } from './resources/query.js';
import { recent } from './resources/recent.js';
import { recordCount } from './resources/record-count.js';
import { deleted, updated } from './resources/replication.js';
import { getCollection, postCollection } from './resources/retrieve-collection.js';
import { deleteRow, getRow, updateRow } from './resources/row.js';
import { deleteRowPath, getRowPath, patchRowPath } from './resources/row-paths.js';
import {
  parameterizedByBody,
  parameterizedByUrl,
  scopeOrder,
  search,
  searchLayout,
} from './resources/search.js';
import { getSObject } from './resources/sobject.js';
import { createTree } from './resources/tree.js';
import { versionMap } from './resources/version-map.js';

const served: readonly Resource[] = [
  { path: 'composite', methods: { POST: composite } },
  { path: 'composite/batch', methods: { POST: batch } },
  {
    path: 'composite/sobjects',
    methods: { POST: createCollection, PATCH: updateCollection, DELETE: deleteCollection },
  },
  { path: 'composite/sobjects/:type', methods: { GET: getCollection, POST: postCollection } },
  { path: 'composite/sobjects/:type/:field', methods: { PATCH: upsertCollection }, since: 46 },
  { path: 'composite/tree/:type', methods: { POST: createTree } },
  { path: 'limits', methods: { GET: limits } },
  { path: 'limits/recordCount', methods: { GET: recordCount } },
  {
    path: 'parameterizedSearch',
    methods: { GET: parameterizedByUrl, POST: parameterizedByBody },
    since: 36,
  },
  { path: 'query', methods: { GET: query } },
  { path: 'query/:locator', methods: { GET: queryMore } },
  { path: 'queryAll', methods: { GET: queryAll } },
  { path: 'queryAll/:locator', methods: { GET: queryMore } },
  { path: 'recent', methods: { GET: recent } },
  { path: 'search', methods: { GET: search } },
  { path: 'search/layout', methods: { GET: searchLayout } },
  { path: 'search/scopeOrder', methods: { GET: scopeOrder } },
  { path: 'sobjects', methods: { GET: getSObjects } },
  { path: 'sobjects/:type', methods: { GET: getSObject, POST: createRow } },
  { path: 'sobjects/:type/describe', methods: { GET: getDescribe } },
  { path: 'sobjects/:type/describe/approvalLayouts', methods: { GET: approvalLayouts } },
  { path: 'sobjects/:type/describe/compactLayouts', methods: { GET: compactLayouts } },
  { path: 'sobjects/:type/describe/compactLayouts/primary', methods: { GET: primaryCompactLayout } },
  { path: 'sobjects/:type/describe/layouts', methods: { GET: layouts } },
  { path: 'sobjects/:type/describe/layouts/:recordTypeId', methods: { GET: layoutOfRecordType } },
  { path: 'sobjects/:type/listviews', methods: { GET: listViews } },
  { path: 'sobjects/:type/quickActions', methods: { GET: quickActions } },
  { path: 'sobjects/:type/deleted', methods: { GET: deleted } },
  { path: 'sobjects/:type/updated', methods: { GET: updated } },
  { path: 'sobjects/:type/id', methods: { POST: createRow }, since: 37 },
  {
    path: 'sobjects/:type/:id/:last',
    methods: { GET: getRowPath, PATCH: patchRowPath, DELETE: deleteRowPath },
  },
  { path: 'tooling/sobjects/CustomField', methods: { GET: getFields, POST: createField } },
  {
    path: 'tooling/sobjects/CustomField/:id',
    methods: { GET: getField, PATCH: updateField, DELETE: deleteField },
  },
  { path: 'sobjects/:type/:id', methods: { GET: getRow, PATCH: updateRow, DELETE: deleteRow } },
];

/** Names that answer by themselves; of tooling only one resource is served, and no list of them. */
const topLevelNames = new Set(served.map(({ path }) => path).filter((path) => !path.includes('/')));

export const resources: readonly Resource[] = [
  { path: '', methods: { GET: versionMap(topLevelNames) } },
  ...served,
];
