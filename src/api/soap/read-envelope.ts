/**
 * A request as it comes in, read while it arrives: never more of it in memory than its elements. Until the session in
 * its header has been checked only a small request is read, so that nobody without a session can make the server work
 * on 50 MB.
 */
import { ApiError } from '../../errors.js';
import { SOAP_ENVELOPE, type SoapRequest } from './envelope.js';
import { createUtf8Reader } from './utf8.js';
import { childOf, createXmlReader, type XmlElement, XmlRefused } from './xml-tree.js';

/** Largest request, in bytes (salesforce-data-api.md §4.5). */
export const MAX_REQUEST_BYTES = 50 * 1024 * 1024;
/** Bytes read before the session is known. */
const MAX_UNCHECKED_BYTES = 64 * 1024;
/** Depth 40 holds every call; a call of 200 records of 400 fields has 80,000 elements. */
const LIMITS = { maxDepth: 40, maxElements: 100_000 } as const;

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
  if (envelope.name !== 'Envelope' || envelope.namespace !== SOAP_ENVELOPE) {
    throw new XmlRefused('the document is not a SOAP 1.1 envelope');
  }
  const [call] = childOf(envelope, 'Body')?.children ?? [];
  if (call === undefined) throw new XmlRefused('the SOAP body is empty');
  const header = childOf(envelope, 'Header');
  return { call, header, sessionId: sessionIdOf(header) };
}

function sessionIdOf(header: XmlElement | undefined): string | undefined {
  return childOf(childOf(header, 'SessionHeader'), 'sessionId')?.text.trim();
}

/** The refusal of a request that is larger than it may be. */
export function tooLarge(): ApiError {
  return new ApiError('EXCEEDED_MAX_SIZE_REQUEST', 'The request is larger than the maximum size allowed');
}
