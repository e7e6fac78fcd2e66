/** SOAP calls as a test writes them: a session, an API and a version, the content of a call, the answer as text. */

export type SoapApi = 'partner' | 'enterprise';

export interface SoapAnswer {
  readonly status: number;
  readonly text: string;
  /** What stands in Body. */
  readonly body: string;
}

export interface SoapRequest {
  /** Origin of the server. */
  readonly url: string;
  readonly session: string;
  readonly api: SoapApi;
  readonly version: number;
  /** Header blocks besides the session. */
  readonly header?: string;
}

export const XSI = 'http://www.w3.org/2001/XMLSchema-instance';

/** In the content, the call's namespace is the default one, `o` that of sObjects, `s` the envelope's. */
export function soapEnvelope(
  { session, api, header = '' }: Omit<SoapRequest, 'url' | 'version'>,
  content: string,
): string {
  return (
    `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="${XSI}" xmlns="urn:${api}.soap.sforce.com"` +
    ` xmlns:o="urn:sobject.${api}.soap.sforce.com"><s:Header><SessionHeader><sessionId>${session}</sessionId>` +
    `</SessionHeader>${header}</s:Header><s:Body>${content}</s:Body></s:Envelope>`
  );
}

export const soapPath = ({ api, version }: Pick<SoapRequest, 'api' | 'version'>): string =>
  `/services/Soap/${api === 'partner' ? 'u' : 'c'}/${version}.0`;

/** Sends `<name>content</name>`. */
export async function soapCall(request: SoapRequest, name: string, content: string): Promise<SoapAnswer> {
  const response = await fetch(`${request.url}${soapPath(request)}`, {
    method: 'POST',
    headers: { 'content-type': 'text/xml; charset=UTF-8', soapaction: '""' },
    body: soapEnvelope(request, `<${name}>${content}</${name}>`),
  });
  const text = await response.text();
  return { status: response.status, text, body: bodyOf(text) };
}

export const bodyOf = (text: string): string =>
  /<soapenv:Body>([\s\S]*)<\/soapenv:Body>/.exec(text)?.[1] ?? '';

/** Text of the first element of that name, prefix included. */
export function textOf(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}(?: [^>]*)?>([^<]*)</${name}>`).exec(xml)?.[1];
}

/** Texts of all elements of that name. */
export function textsOf(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}(?: [^>]*)?>([^<]*)</${name}>`, 'g'))].map(
    ([, text]) => text ?? '',
  );
}

/** A value as the content of an element. */
export const xmlText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
