/**
 * Every resource of the REST data API, with the endpoint of each method: the table of salesforce-data-api.md §9. A new
 * resource is one file in resources/ and one line here.
 */
import type { Resource } from './dispatch.js';
import { batch } from './resources/batch.js';
import { createCollection, deleteCollection, updateCollection } from './resources/collections.js';
import { composite } from './resources/composite.js';
import { createRow } from './resources/create-row.js';
import { limits } from './resources/limits.js';
import { deleteRow, updateRow } from './resources/row.js';
import { createTree } from './resources/tree.js';
import { versionMap } from './resources/version-map.js';

const served: readonly Resource[] = [
  { path: 'composite', methods: { POST: composite } },
  { path: 'composite/batch', methods: { POST: batch } },
  {
    path: 'composite/sobjects',
    methods: { POST: createCollection, PATCH: updateCollection, DELETE: deleteCollection },
  },
  { path: 'composite/tree/:type', methods: { POST: createTree } },
  { path: 'limits', methods: { GET: limits } },
  { path: 'sobjects/:type', methods: { POST: createRow } },
  { path: 'sobjects/:type/id', methods: { POST: createRow }, since: 37 },
  { path: 'sobjects/:type/:id', methods: { PATCH: updateRow, DELETE: deleteRow } },
];

const topLevelNames = new Set(served.map(({ path }) => path.split('/', 1)[0] ?? ''));

export const resources: readonly Resource[] = [
  { path: '', methods: { GET: versionMap(topLevelNames) } },
  ...served,
];
