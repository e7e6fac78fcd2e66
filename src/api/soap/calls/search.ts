/** search(): SOSL; rows of each object in the order of RETURNING (salesforce-data-api.md §16). */
import { xmlRows } from '../../../query/render/xml-page.js';
import { type FoundRows, findRows } from '../../../query/sosl/search.js';
import { writeType } from '../schema/write.js';
import { callerOf } from '../session-header.js';
import type { SoapCall } from '../soap-call.js';
import { textOf } from '../xml-tree.js';

const OPEN = Buffer.from('<searchRecords>');
const CLOSE = Buffer.from('</searchRecords>');

export const search: SoapCall = async (context) => {
  const { deps, api, request } = context;
  const caller = await callerOf(context);
  const { parts, wantsLabels } = await findRows(deps.db, caller, textOf(request.call, 'searchString') ?? '');
  const renderRow = xmlRows(api, 'record');
  const records = parts.flatMap(({ plan, rows }) => rows.map((row) => renderRow(plan, caller, row)));
  const labels = wantsLabels ? labelsXml(parts, context.apiVersion) : '';
  if (records.length === 0 && labels === '') return '<searchResponse><result/></searchResponse>';
  return {
    before: '<searchResponse><result>',
    rows: records.flatMap((record) => [OPEN, record, CLOSE]),
    after: `${labels}</result></searchResponse>`,
  };
};

/** WITH METADATA = 'LABELS': what the fields that came back are called. */
function labelsXml(parts: readonly FoundRows[], apiVersion: number): string {
  const value = {
    searchResultsMetadata: {
      entityLabelMetadata: parts.map(({ object, plan }) => ({
        entityFieldLabels: plan.query.members.flatMap((member) =>
          member.kind === 'value' && member.value.kind === 'column'
            ? [{ name: member.key, value: member.value.field.label }]
            : [],
        ),
        entityName: object.name,
      })),
      entityMetadata: parts.map(({ object }) => ({ entityName: object.name })),
    },
  };
  return writeType('SearchResult', value, apiVersion);
}
