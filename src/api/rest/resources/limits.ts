/**
 * GET …/limits: allowances as clients read them before they start a job (salesforce-data-api.md §9). A self-hosted
 * server meters nothing, so what is not counted always has everything remaining.
 */
import { jsonAnswer, type RestAnswer, type RestContext } from '../exchange.js';

/** Names in the vendor's alphabetical order; singer's tap reads DailyBulkApiBatches, simple-salesforce DailyApiRequests. */
const ALLOWANCES: Readonly<Record<string, number>> = {
  ConcurrentAsyncGetReportInstances: 200,
  ConcurrentSyncReportRuns: 20,
  DailyAsyncApexExecutions: 250_000,
  DailyBulkApiBatches: 15_000,
  DailyBulkV2QueryFileStorageMB: 976_562,
  DailyBulkV2QueryJobs: 10_000,
  DailyStreamingApiEvents: 1_000_000,
  DataStorageMB: 1_000_000,
  FileStorageMB: 1_000_000,
  HourlyAsyncReportRuns: 1_200,
  HourlySyncReportRuns: 500,
  StreamingApiConcurrentClients: 2_000,
};

export function limits({ deps }: RestContext): RestAnswer {
  const { used, limit } = deps.usage.current();
  const allowances = { ...ALLOWANCES, DailyApiRequests: limit };
  return jsonAnswer(
    Object.fromEntries(
      Object.entries(allowances)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, max]) => [
          name,
          { Max: max, Remaining: name === 'DailyApiRequests' ? Math.max(0, max - used) : max },
        ]),
    ),
  );
}
