/**
 * One request to the Chat REST API as its nouns see it, and the answers they give. Invariant: what a noun reads of a
 * request (headers, query, body) has passed through here, and every answer is one of the few kinds the reference
 * knows (live-agent-chat.md §13.1, §13.6).
 */

import type { IncomingHttpHeaders } from 'node:http';
import type { VisitorPost } from '../../chat/floor.js';

export interface Call {
  readonly headers: IncomingHttpHeaders;
  readonly query: Readonly<Record<string, unknown>>;
  /** What follows the noun in the path: the key of DELETE System/SessionId/{key}. */
  readonly rest: string;
  /** The parsed body, `{}` when there is none. */
  readonly body: unknown;
  readonly ip: string;
  /** Of a POST that carries a sequence: done once, however often it is sent. */
  readonly post: VisitorPost | undefined;
  /** Aborted when the client has gone. */
  readonly gone: AbortSignal;
}

export type Answer =
  | { readonly kind: 'ok' }
  | {
      readonly kind: 'json';
      readonly body: unknown;
      /** Called when the client hung up before it had all of it. */
      readonly lost?: () => Promise<void>;
    }
  | { readonly kind: 'text'; readonly status: number; readonly text: string }
  | { readonly kind: 'empty' };

export const OK: Answer = { kind: 'ok' };
export const EMPTY: Answer = { kind: 'empty' };
export const json = (body: unknown): Answer => ({ kind: 'json', body });
export const refusal = (status: number, text: string): Answer => ({ kind: 'text', status, text });

/** Texts clients compare with. */
export const NO_VERSION = 'No version header found';
export const NO_SESSION = 'Session required but was invalid or not found';

export function header(call: Pick<Call, 'headers'>, name: string): string | undefined {
  const value = call.headers[name];
  const one = Array.isArray(value) ? value[0] : value;
  return one === undefined || one === '' || one === 'null' ? undefined : one;
}

/** The session key of a call; '' when there is none, which no session has. */
export function sessionKey(call: Call): string {
  return header(call, 'x-liveagent-session-key') ?? '';
}

/** `X-LIVEAGENT-SEQUENCE`, which many clients never send. */
export function sequenceOf(headers: IncomingHttpHeaders): number | undefined {
  const text = header({ headers }, 'x-liveagent-sequence');
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** A query parameter's first value, also when it was given as `name[]`. */
export function parameter(call: Call, name: string): string | undefined {
  const value = call.query[name] ?? call.query[`${name}[]`];
  const one = Array.isArray(value) ? value[0] : value;
  return typeof one === 'string' ? one : undefined;
}

const MOST_IDS = 100;

/** A list of ids, however the client wrote it: `a,b`, `[a,b]`, `["a","b"]`, repeated, or as `name[]`. */
export function idList(call: Call, name: string): string[] {
  const values = [call.query[name], call.query[`${name}[]`]].flat();
  const ids = values
    .filter((value): value is string => typeof value === 'string')
    .flatMap((value) => value.replace(/[[\]"'\s]/g, '').split(','))
    .filter((id) => id !== '');
  return [...new Set(ids)].slice(0, MOST_IDS);
}

/** Whether a switch such as `Availability.needEstimatedWaitTime` is on: `1` or `true`. */
export function isOn(call: Call, name: string): boolean {
  const value = parameter(call, name);
  return value === '1' || value?.toLowerCase() === 'true';
}
