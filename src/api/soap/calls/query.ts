/** query(), queryAll(), queryMore(): a page of rows as the engine's own bytes (salesforce-data-api.md §12). */

import type { Caller } from '../../../access/caller.js';
import { ApiError } from '../../../errors.js';
import { columnText } from '../../../query/render/columns.js';
import { xmlPages } from '../../../query/render/xml-page.js';
import { continueQuery, type JsonPage, startQuery } from '../../../query/run.js';
import { callOptionsOf } from '../call-options.js';
import type { SoapApi } from '../envelope.js';
import { callerOf } from '../session-header.js';
import type { RowsAnswer, SoapCall, SoapContext, SoapDeps } from '../soap-call.js';
import { textOf } from '../xml-tree.js';

/** Rows of the statement that are neither deleted nor archived. */
export const query: SoapCall = (context) => start(context, false);

/** Deleted and archived rows too. */
export const queryAll: SoapCall = (context) => start(context, true);

/** The next page, and with it the locator of the one behind it. */
export const queryMore: SoapCall = async (context) => {
  const { deps, api } = context;
  const caller = await callerOf(context);
  const { batchSize } = callOptionsOf(context.request);
  const locator = textOf(context.request.call, 'queryLocator')?.trim() ?? '';
  const page = await continueQuery(deps.db, caller, locator, {
    base: '',
    batchSize,
    render: xmlPages(api),
  });
  return answer('queryMore', api, page);
};

async function start(context: SoapContext, all: boolean): Promise<RowsAnswer> {
  const { deps, api, request } = context;
  const caller = await callerOf(context);
  const { batchSize, updateMru } = callOptionsOf(request);
  const soql = textOf(request.call, 'queryString') ?? '';
  if (soql.trim() === '') {
    throw new ApiError('MALFORMED_QUERY', 'SOQL statements cannot be empty or null');
  }
  await deps.recentViews.flushFor(soql);
  const render = updateMru ? notingOnlyRow(deps, caller, xmlPages(api)) : xmlPages(api);
  const page = await startQuery(deps.db, caller, soql, { base: '', all, batchSize, render });
  return answer(all ? 'queryAll' : 'query', api, page);
}

type RenderPage = ReturnType<typeof xmlPages>;

/** With MruHeader, a statement that finds a single row and selects its Id has looked at that row. */
function notingOnlyRow({ recentViews }: SoapDeps, caller: Caller, render: RenderPage): RenderPage {
  return (plan, who, base, head, rows, childPages) => {
    const { record, idColumn } = plan.compiled;
    const [row] = rows;
    const hasId = record.members.some(({ kind, key }) => kind === 'value' && key === 'Id');
    if (head.totalSize === 1 && row !== undefined && idColumn !== undefined && hasId) {
      const id = columnText(row, plan.columnCount, idColumn);
      if (id !== null) recentViews.noteViewed(caller, plan.query.object, id);
    }
    return render(plan, who, base, head, rows, childPages);
  };
}

function answer(call: string, api: SoapApi, { chunks }: JsonPage): RowsAnswer {
  const type = api === 'partner' ? ' xsi:type="QueryResult"' : '';
  return {
    before: `<${call}Response><result${type}>`,
    rows: chunks,
    after: `</result></${call}Response>`,
  };
}
