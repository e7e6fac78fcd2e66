/** search(): SOSL; rows of each object in the order of RETURNING (salesforce-data-api.md §16). */
import { xmlRows } from '../../../query/render/xml-page.js';
import { findRows } from '../../../query/sosl/search.js';
import { callerOf } from '../session-header.js';
import type { SoapCall } from '../soap-call.js';
import { textOf } from '../xml-tree.js';

const OPEN = Buffer.from('<searchRecords>');
const CLOSE = Buffer.from('</searchRecords>');

export const search: SoapCall = async (context) => {
  const { deps, api, request } = context;
  const caller = await callerOf(context);
  const { parts } = await findRows(deps.db, caller, textOf(request.call, 'searchString') ?? '');
  const renderRow = xmlRows(api, 'record');
  const records = parts.flatMap(({ plan, rows }) => rows.map((row) => renderRow(plan, caller, row)));
  if (records.length === 0) return '<searchResponse><result/></searchResponse>';
  return {
    before: '<searchResponse><result>',
    rows: records.flatMap((record) => [OPEN, record, CLOSE]),
    after: '</result></searchResponse>',
  };
};
