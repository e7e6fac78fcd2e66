/**
 * A request as it comes in, read while it arrives: never more of it in memory than its elements. Until the session in
 * its header has been checked only a small request is read, so that nobody without a session can make the server work
 * on 50 MB.
 */
import { ApiError } from '../../errors.js';
import { SOAP_ENVELOPE, type SoapRequest } from './envelope.js';
import { createUtf8Reader } from './utf8.js';
import { childOf, childrenOf, createXmlReader, type XmlElement, XmlRefused } from './xml-tree.js';

/** Largest request, in bytes (salesforce-data-api.md §4.5). */
export const MAX_REQUEST_BYTES = 50 * 1024 * 1024;
/** Bytes read before the session is known. */
const MAX_UNCHECKED_BYTES = 64 * 1024;
/**
 * Depth 40 holds every call; a call of 200 records of 400 fields has 80,000 elements; no field takes more than 131,072
 * characters, no statement more than 100,000.
 */
const LIMITS = { maxDepth: 40, maxElements: 100_000, maxAttributes: 50, maxStretch: 1024 * 1024 } as const;

export interface ReadRequest {
  readonly request: SoapRequest;
  /** Bytes of the body. */
  readonly size: number;
}

/**
 * Reads a whole request. `check` is asked whether a request that turns out to be large may go on.
 * @throws XmlRefused if it is no envelope with one call in it
 * @throws ApiError EXCEEDED_MAX_SIZE_REQUEST, or what `check` throws
 */
export async function readEnvelope(
  pieces: AsyncIterable<Buffer>,
  check: (sessionId: string | undefined) => Promise<unknown>,
): Promise<ReadRequest> {
  const reader = createXmlReader(LIMITS);
  const utf8 = createUtf8Reader();
  let size = 0;
  let checked = false;
  for await (const piece of pieces) {
    size += piece.length;
    if (size > MAX_REQUEST_BYTES) throw tooLarge();
    reader.write(utf8.read(piece));
    if (checked || size <= MAX_UNCHECKED_BYTES) continue;
    const header = reader.completed('Header');
    if (header === undefined) throw tooLarge();
    await check(sessionIdOf(header));
    checked = true;
  }
  utf8.close();
  return { request: requestOf(reader.close()), size };
}

function requestOf(envelope: XmlElement): SoapRequest {
  const { name, namespace } = envelope;
  if (name !== 'Envelope') throw new XmlRefused('the document is not a SOAP 1.1 envelope');
  if (namespace !== SOAP_ENVELOPE) {
    throw new XmlRefused('the envelope is not one of SOAP 1.1', 'VersionMismatch');
  }
  const header = onlyPart(envelope, 'Header');
  const [call, second] = onlyPart(envelope, 'Body')?.children ?? [];
  if (call === undefined) throw new XmlRefused('the SOAP body is empty');
  if (second !== undefined) throw new XmlRefused('the SOAP body has more than one call');
  return { call, header, sessionId: sessionIdOf(header) };
}

/** A part of the envelope, of which there is one: two readers might take different ones. */
function onlyPart(envelope: XmlElement, name: string): XmlElement | undefined {
  const [part, second] = childrenOf(envelope, name);
  if (second === undefined) return part;
  throw new XmlRefused(`the envelope has more than one ${name}`);
}

function sessionIdOf(header: XmlElement | undefined): string | undefined {
  return childOf(childOf(header, 'SessionHeader'), 'sessionId')?.text.trim();
}

/** The refusal of a request that is larger than it may be. */
export function tooLarge(): ApiError {
  return new ApiError('EXCEEDED_MAX_SIZE_REQUEST', 'The request is larger than the maximum size allowed');
}
