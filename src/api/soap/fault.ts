/**
 * Refusals as SOAP faults: HTTP 500, an unprefixed lower-case `faultcode` of `sf:CODE`, a `faultstring` that repeats
 * code and message, and the detail clients pick the code from (salesforce-data-api.md §8.2, §20).
 */
import type { ApiError } from '../../errors.js';
import { type SoapApi, writeFaultEnvelope } from './envelope.js';
import { OPERATIONS } from './schema/operations.js';
import { escapeXml } from './xml-text.js';
import type { XmlRefused } from './xml-tree.js';

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
  QUERY_TIMEOUT: 'InvalidQueryLocatorFault',
};

/** Faults that extend ApiQueryFault and carry where in the query the error is. */
const WITH_POSITION: ReadonlySet<FaultType> = new Set([
  'InvalidSObjectFault',
  'InvalidFieldFault',
  'MalformedQueryFault',
  'MalformedSearchFault',
]);

const DECLARED: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  OPERATIONS.map(({ name, faults }) => [name, new Set(faults)]),
);

/** A typed client knows the faults its WSDL declares for the call, and no others. */
function typeOf({ code }: ApiError, call: string): FaultType {
  const type = TYPE_OF_CODE[code] ?? 'UnexpectedErrorFault';
  return DECLARED.get(call)?.has(type) === true ? type : 'UnexpectedErrorFault';
}

/** The fault's whole envelope; `call` is '' while it is not known what was called. */
export function faultOf(api: SoapApi, error: ApiError, call: string): string {
  const type = typeOf(error, call);
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
export function clientFault(api: SoapApi, { message, code }: Pick<XmlRefused, 'message' | 'code'>): string {
  return writeFaultEnvelope(
    api,
    `<faultcode>soapenv:${code}</faultcode><faultstring>${escapeXml(message)}</faultstring>`,
  );
}
