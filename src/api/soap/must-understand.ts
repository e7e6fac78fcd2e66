/**
 * Header blocks a client insists on (SOAP 1.1 section 4.2.3): one that the WSDL does not give to the call is refused
 * with the fault SOAP has for it. Blocks nobody insists on are ignored where they mean nothing.
 */
import { namespaceOf, SOAP_ENVELOPE, type SoapApi, type SoapRequest } from './envelope.js';
import { OPERATIONS } from './schema/operations.js';
import { childrenOf, XmlRefused } from './xml-tree.js';

const MUST_UNDERSTAND = `{${SOAP_ENVELOPE}}mustUnderstand`;
const ACTOR = `{${SOAP_ENVELOPE}}actor`;
/** Whoever reads the message first: this server. A block for any other actor is not ours. */
const NEXT_ACTOR = 'http://schemas.xmlsoap.org/soap/actor/next';

const UNDERSTOOD: ReadonlyMap<string, readonly string[]> = new Map(
  OPERATIONS.map(({ name, headers }) => [name, headers]),
);

/** @throws XmlRefused MustUnderstand */
export function refuseHeadersNotUnderstood(api: SoapApi, { call, header }: SoapRequest): void {
  const understood = UNDERSTOOD.get(call.name) ?? [];
  for (const { name, namespace, attributes } of childrenOf(header)) {
    const insists = attributes.get(MUST_UNDERSTAND)?.trim();
    if (insists !== '1' && insists !== 'true') continue;
    if ((attributes.get(ACTOR) ?? NEXT_ACTOR) !== NEXT_ACTOR) continue;
    if (namespace === namespaceOf(api) && understood.includes(name)) continue;
    throw new XmlRefused(`the header ${name.slice(0, 100)} is not understood`, 'MustUnderstand');
  }
}
