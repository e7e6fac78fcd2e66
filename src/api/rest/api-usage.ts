/**
 * How many API calls the organization made in the last 24 hours, as `Sforce-Limit-Info` reports them
 * (salesforce-data-api.md §7.1). It informs and refuses nothing: a self-hosted server sells no calls.
 */
export interface UsageFigures {
  readonly used: number;
  readonly limit: number;
}

export interface ApiUsage {
  /** Counts one call and returns the figures to report. */
  count(): UsageFigures;
  current(): UsageFigures;
}

/** The figure clients show as the organization's allowance; nothing is refused above it. */
export const DAILY_API_REQUESTS = 5_000_000;

/** Counts the calls of this process only. */
export function processUsage(limit = DAILY_API_REQUESTS): ApiUsage {
  let used = 0;
  return {
    count() {
      used += 1;
      return { used, limit };
    },
    current: () => ({ used, limit }),
  };
}
