/** The one file of a multipart form, read as it comes. Invariant: its chunks end or reject, whatever the client does. */
import type { IncomingMessage } from 'node:http';
import { Busboy, type BusboyFileStream } from '@fastify/busboy';
import type { IncomingFile } from '../../chat/floor-conversation.js';

/** The body is not the form that was asked for; the message may be shown. */
export class FormError extends Error {}

const LIMITS = {
  fields: 10,
  files: 1,
  parts: 12,
  fieldSize: 4_000,
  headerPairs: 20,
  headerSize: 8_000,
} as const;

/** What browsers write for the three characters a quoted name cannot hold. */
const unescaped = (name: string) => name.replace(/%(?:22|0D|0A)/gi, '"');

/**
 * Resolves when the part `file` begins (any part with a file is taken); the name of the file is the part's own, else
 * that of a field `filename` before it. Rejects when the form has no file.
 */
export function readFile(request: IncomingMessage): Promise<IncomingFile> {
  return new Promise((resolve, reject) => {
    const contentType = request.headers['content-type'] ?? '';
    if (!/^multipart\/form-data\b/i.test(contentType)) {
      request.resume();
      reject(new FormError('The body must be multipart/form-data'));
      return;
    }
    let form: ReturnType<typeof Busboy>;
    try {
      form = Busboy({
        headers: { ...request.headers, 'content-type': contentType },
        limits: LIMITS,
        preservePath: true,
      });
    } catch {
      request.resume();
      reject(new FormError('The form could not be read'));
      return;
    }
    let named = '';
    let file: BusboyFileStream | undefined;
    const fail = (message: string) => {
      const error = new FormError(message);
      file?.destroy(error);
      reject(error);
    };
    form.on('field', (field: string, value: unknown) => {
      if (field === 'filename' && typeof value === 'string') named = value;
    });
    form.on('file', (_field: string, stream: BusboyFileStream, filename: unknown) => {
      file = stream;
      const own = typeof filename === 'string' ? filename : '';
      resolve({ name: unescaped(own === '' ? named : own), chunks: stream as AsyncIterable<Uint8Array> });
    });
    form.on('error', () => fail('The form could not be read'));
    form.on('finish', () => {
      if (file === undefined) reject(new FormError('The form has no file'));
    });
    // A client that goes away leaves the form unfinished, and nobody would ever say so.
    request.once('close', () => {
      if (!request.complete) fail('The client went away');
    });
    request.pipe(form);
  });
}
