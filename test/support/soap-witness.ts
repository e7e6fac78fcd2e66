/**
 * Stands between a client and the real server and looks at every SOAP answer on its way: each must be what the WSDL of
 * its API and version promises for the call. Clients are given the witness's address and never the server's.
 */
import { createServer, request as forward, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { answersOf } from '../api/soap/answers.js';
import { startTestServer, type TestServer } from './server.js';
import type { SoapApi } from './soap-calls.js';

export interface WitnessedServer extends TestServer {
  /** Calls answered so far, as `api version call`. */
  readonly seen: ReadonlySet<string>;
  /** What was wrong with answers so far. */
  readonly wrong: readonly string[];
}

const SOAP_PATH = /^\/services\/Soap\/([uc])\/(\d+)\.0/;

/** A test server behind a witness; `url` is the witness's. */
export async function startWitnessedServer(): Promise<WitnessedServer> {
  const seen = new Set<string>();
  const wrong: string[] = [];
  const port = await freePort();
  const upstream = `http://127.0.0.1:${port}`;
  const answers = answersOf(upstream);

  const witness = async (path: string, sent: Buffer, status: number, text: string): Promise<void> => {
    const [, letter, version] = SOAP_PATH.exec(path) ?? [];
    if (letter === undefined) return;
    const api: SoapApi = letter === 'u' ? 'partner' : 'enterprise';
    // The first element in Body, whatever its prefix.
    const call = /<[\w-]+:Body[^>]*>\s*<(?:[\w-]+:)?(\w+)/.exec(sent.toString('utf8'))?.[1] ?? '';
    try {
      await answers.check({ api, version: Number(version), call }, { status, text });
    } catch (error) {
      wrong.push(`${api} ${version} ${call}: ${(error as Error).message}`);
    }
    seen.add(`${api} ${version} ${call}`);
  };

  const proxy = createServer(async (request, response) => {
    const sent = await bytesOf(request);
    const { url: path = '/', method = 'GET', headers } = request;
    const target = new URL(path, upstream);
    const passed = forward(target, { method, headers: { ...headers, host: target.host } }, async (answer) => {
      const bytes = await bytesOf(answer);
      await witness(path, sent, answer.statusCode ?? 0, textOf(bytes, answer.headers['content-encoding']));
      const { 'transfer-encoding': _, ...rest } = answer.headers;
      response.writeHead(answer.statusCode ?? 500, { ...rest, 'content-length': bytes.length });
      response.end(bytes);
    });
    passed.on('error', () => response.destroy());
    passed.end(sent);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const server = await startTestServer({ PUBLIC_URL: url, PORT: String(port) });
  const { close } = server;
  return {
    ...server,
    url,
    seen,
    wrong,
    async close() {
      proxy.closeAllConnections();
      await new Promise<void>((resolve) => proxy.close(() => resolve()));
      await close();
    },
  };
}

/** The server says where it is reached, which is here, and not where it listens; so it is told where. */
async function freePort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  await new Promise<void>((resolve) => listener.close(() => resolve()));
  return port;
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of message) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

function textOf(bytes: Buffer, encoding: string | undefined): string {
  if (encoding === 'gzip') return gunzipSync(bytes).toString('utf8');
  if (encoding === 'deflate') return inflateSync(bytes).toString('utf8');
  if (encoding === 'br') return brotliDecompressSync(bytes).toString('utf8');
  return bytes.toString('utf8');
}
