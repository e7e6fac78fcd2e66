/** OAuth's refusals: an object, not REST's array, and status 400 for nearly all (salesforce-data-api.md §18.1). */

const DESCRIPTIONS = {
  invalid_client_id: 'client identifier invalid',
  invalid_client: 'invalid client credentials',
  unsupported_grant_type: 'grant type not supported',
} as const;

export class OAuthError extends Error {
  readonly error: string;
  readonly status: number;

  constructor(error: string, description: string, status = 400) {
    super(description);
    this.name = 'OAuthError';
    this.error = error;
    this.status = status;
  }

  /** What the client reads. */
  body(): { readonly error: string; readonly error_description: string } {
    return { error: this.error, error_description: this.message };
  }
}

/** A refusal whose text is always the same. */
export function oauthError(error: keyof typeof DESCRIPTIONS): OAuthError {
  return new OAuthError(error, DESCRIPTIONS[error]);
}

export function invalidGrant(description: string): OAuthError {
  return new OAuthError('invalid_grant', description);
}

export function invalidRequest(description: string): OAuthError {
  return new OAuthError('invalid_request', description);
}
