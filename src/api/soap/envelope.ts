/**
 * The two SOAP APIs and the envelopes of their answers, written with the prefixes real clients look for
 * (salesforce-data-api.md §8, §20).
 */
import type { XmlElement } from './xml-tree.js';

export const SOAP_ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/';
const XSD = 'http://www.w3.org/2001/XMLSchema';
const XSI = 'http://www.w3.org/2001/XMLSchema-instance';

/** Which WSDL the client was made from. */
export type SoapApi = 'partner' | 'enterprise';

export interface SoapRequest {
  /** The element in Body: what is called, with what. */
  readonly call: XmlElement;
  /** `SessionHeader/sessionId`. */
  readonly sessionId: string | undefined;
  readonly header: XmlElement | undefined;
}

export function namespaceOf(api: SoapApi): string {
  return `urn:${api}.soap.sforce.com`;
}

export function sObjectNamespaceOf(api: SoapApi): string {
  return `urn:sobject.${api}.soap.sforce.com`;
}

export function faultNamespaceOf(api: SoapApi): string {
  return `urn:fault.${api}.soap.sforce.com`;
}

export interface EnvelopeParts {
  /** Bytes of the header's blocks; '' for no header. */
  readonly header: string;
  /** Whether rows follow, or values that say their type. */
  readonly hasRows: boolean;
}

/** What stands around the bytes of `{call}Response`. */
export function envelopeAround(
  api: SoapApi,
  { header, hasRows }: EnvelopeParts,
): { open: string; close: string } {
  const more = hasRows ? ` xmlns:sf="${sObjectNamespaceOf(api)}" xmlns:xsd="${XSD}"` : '';
  const headerXml = header === '' ? '' : `<soapenv:Header>${header}</soapenv:Header>`;
  return {
    open:
      `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="${SOAP_ENVELOPE}"` +
      ` xmlns="${namespaceOf(api)}" xmlns:xsi="${XSI}"${more}>${headerXml}<soapenv:Body>`,
    close: '</soapenv:Body></soapenv:Envelope>',
  };
}

/** A fault around the bytes of its children. */
export function writeFaultEnvelope(api: SoapApi, fault: string): string {
  return (
    `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="${SOAP_ENVELOPE}"` +
    ` xmlns:sf="${faultNamespaceOf(api)}" xmlns:xsi="${XSI}"><soapenv:Body><soapenv:Fault>${fault}` +
    '</soapenv:Fault></soapenv:Body></soapenv:Envelope>'
  );
}
