/** getServerTimestamp(): the floor's time, as SOAP writes date-times (salesforce-data-api.md §4.4). */
import { isoOf } from '../../../clock.js';
import { callerOf } from '../session-header.js';
import type { SoapCall } from '../soap-call.js';
import { element } from '../xml-text.js';

export const getServerTimestamp: SoapCall = async (context) => {
  await callerOf(context);
  const [row] = await context.deps.db.query<{ now: number }>('SELECT floor_now() AS now');
  const timestamp = isoOf(row?.now ?? 0);
  return `<getServerTimestampResponse><result>${element('timestamp', timestamp)}</result></getServerTimestampResponse>`;
};
