/**
 * Refusals as SOAP faults: HTTP 500, an unprefixed lower-case `faultcode` of `sf:CODE`, a `faultstring` that repeats
 * code and message, and the detail clients pick the code from (salesforce-data-api.md §8.2, §20).
 */
import type { ApiError } from '../../errors.js';
import { type SoapApi, writeFaultEnvelope } from './envelope.js';
import { escapeXml } from './xml-text.js';

/** The fault types the WSDL declares. */
export type FaultType =
  | 'LoginFault'
  | 'UnexpectedErrorFault'
  | 'InvalidIdFault'
  | 'InvalidSObjectFault'
  | 'InvalidFieldFault'
  | 'MalformedQueryFault'
  | 'MalformedSearchFault'
  | 'InvalidQueryLocatorFault'
  | 'InvalidNewPasswordFault';

const TYPE_OF_CODE: Readonly<Record<string, FaultType>> = {
  INVALID_LOGIN: 'LoginFault',
  LOGIN_RATE_EXCEEDED: 'LoginFault',
  PASSWORD_LOCKOUT: 'LoginFault',
  INVALID_ID_FIELD: 'InvalidIdFault',
  MALFORMED_ID: 'InvalidIdFault',
  INVALID_TYPE: 'InvalidSObjectFault',
  INVALID_FIELD: 'InvalidFieldFault',
  MALFORMED_QUERY: 'MalformedQueryFault',
  MALFORMED_SEARCH: 'MalformedSearchFault',
  INVALID_QUERY_LOCATOR: 'InvalidQueryLocatorFault',
  INVALID_NEW_PASSWORD: 'InvalidNewPasswordFault',
  INVALID_SEARCH: 'MalformedSearchFault',
  INVALID_QUERY_FILTER_OPERATOR: 'MalformedQueryFault',
};

/** Faults that extend ApiQueryFault and carry where in the query the error is. */
const WITH_POSITION: ReadonlySet<FaultType> = new Set([
  'InvalidSObjectFault',
  'InvalidFieldFault',
  'MalformedQueryFault',
  'MalformedSearchFault',
]);

/** The fault's whole envelope. */
export function faultOf(api: SoapApi, error: ApiError): string {
  const type = TYPE_OF_CODE[error.code] ?? 'UnexpectedErrorFault';
  const code = escapeXml(error.code);
  const message = escapeXml(error.message);
  const { row, column } = error.position ?? { row: -1, column: -1 };
  const position = WITH_POSITION.has(type) ? `<sf:row>${row}</sf:row><sf:column>${column}</sf:column>` : '';
  return writeFaultEnvelope(
    api,
    `<faultcode>sf:${code}</faultcode><faultstring>${code}: ${message}</faultstring>` +
      `<detail><sf:${type} xsi:type="sf:${type}"><sf:exceptionCode>${code}</sf:exceptionCode>` +
      `<sf:exceptionMessage>${message}</sf:exceptionMessage>${position}</sf:${type}></detail>`,
  );
}

/** The fault for a request that is no call at all: not XML, not an envelope. */
export function clientFault(api: SoapApi, message: string): string {
  return writeFaultEnvelope(
    api,
    `<faultcode>soapenv:Client</faultcode><faultstring>${escapeXml(message)}</faultstring>`,
  );
}
