/**
 * The allowance of API calls clients are shown (salesforce-data-api.md §7.1): it informs and refuses nothing, for a
 * self-hosted server sells no calls.
 */
export const DAILY_API_REQUESTS = 5_000_000;
