/** REST calls as a test writes them: a caller's token, a path below /services/data, the answer with its text. */
export interface RestReply {
  readonly status: number;
  readonly headers: Headers;
  /** The body as sent, so that the order of keys can be asserted. */
  readonly text: string;
  /** The body as JSON; undefined when there is none. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are asserted, not typed
  readonly body: any;
}

export interface RestCallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type RestCall = (method: string, path: string, options?: RestCallOptions) => Promise<RestReply>;

/** `call('GET', '/v60.0/sobjects')`. A body that is text or bytes is sent as it is, anything else as JSON. */
export function restCalls(url: string, token: string | undefined): RestCall {
  return async (method, path, { body, headers = {} } = {}) => {
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    const response = await fetch(`${url}/services/data${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
    });
    const text = await response.text();
    const type = response.headers.get('content-type') ?? '';
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: text !== '' && type.startsWith('application/json') ? JSON.parse(text) : undefined,
    };
  };
}

/** The path of a SOQL query. */
export function queryPath(soql: string, version = '60.0', resource = 'query'): string {
  return `/v${version}/${resource}?q=${encodeURIComponent(soql)}`;
}
