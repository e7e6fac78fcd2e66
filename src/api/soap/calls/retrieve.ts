/** retrieve(): rows by their ids, in order, nil for each that is unknown, deleted or hidden (salesforce-data-api.md §11). */
import { ApiError } from '../../../errors.js';
import { xmlRows } from '../../../query/render/xml-page.js';
import { retrieveRows } from '../../../records/retrieve.js';
import { id18 } from '../../../store/ids.js';
import { callOptionsOf } from '../call-options.js';
import { callerOf } from '../session-header.js';
import type { SoapCall } from '../soap-call.js';
import { visibleObject } from '../sobject-type.js';
import { childrenOf, textOf } from '../xml-tree.js';

const NO_ROW = Buffer.from('<result xsi:nil="true"/>');

export const retrieve: SoapCall = async (context) => {
  const { deps, api, request } = context;
  const caller = await callerOf(context);
  const { updateMru } = callOptionsOf(request);
  const object = visibleObject(caller, textOf(request.call, 'sObjectType') ?? '');
  const fieldList = textOf(request.call, 'fieldList') ?? '';
  const fields = fieldList.split(',').map((name) => name.trim());
  if (fieldList.trim() === '') throw new ApiError('MALFORMED_QUERY', 'The field list is empty');
  const ids = childrenOf(request.call, 'ids').map(({ text }) => text.trim());
  await deps.recentViews.flushFor(fieldList);
  const rows = await retrieveRows(deps.db, caller, ids, {
    object,
    fields,
    base: '',
    renderRow: xmlRows(api, 'result'),
  });
  // With MruHeader, the caller has looked at a row asked for alone.
  if (updateMru && ids.length === 1 && rows[0] !== undefined) {
    deps.recentViews.noteViewed(caller, object, id18(ids[0] as string));
  }
  return {
    before: '<retrieveResponse>',
    rows: rows.map((row) => row ?? NO_ROW),
    after: '</retrieveResponse>',
  };
};
