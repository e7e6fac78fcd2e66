/**
 * The parameters of an OAuth request: a form, or the query string, which Salesforce takes too and scripts use. A
 * parameter given twice counts once, the form's before the query's.
 */
import { invalidRequest } from './oauth-error.js';

/** A JWT assertion is the longest thing sent here; names and passwords are far shorter. */
const MAX_PARAMETER_LENGTH = 8_000;
const MAX_PARAMETERS = 50;

export type Parameters = ReadonlyMap<string, string>;

export function readParameters(form: unknown, query: string): Parameters {
  const parameters = new Map<string, string>();
  for (const text of [typeof form === 'string' ? form : '', query]) {
    for (const [name, value] of new URLSearchParams(text)) {
      if (value.length > MAX_PARAMETER_LENGTH || parameters.size >= MAX_PARAMETERS) {
        throw invalidRequest('the request is too large');
      }
      if (!parameters.has(name)) parameters.set(name, value);
    }
  }
  return parameters;
}

/** The parameter, which must be there. */
export function required(parameters: Parameters, name: string): string {
  const value = parameters.get(name);
  if (value === undefined || value === '') throw invalidRequest(`missing required parameter: ${name}`);
  return value;
}

/** `Authorization: Basic` as client id and secret; undefined for anything else. */
export function basicCredentials(
  authorization: string | undefined,
): { clientId: string; clientSecret: string } | undefined {
  const encoded = /^Basic\s+([A-Za-z0-9+/=]{1,2000})\s*$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) return undefined;
  return { clientId: text.slice(0, colon), clientSecret: text.slice(colon + 1) };
}
