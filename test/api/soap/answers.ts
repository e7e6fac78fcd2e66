/**
 * Whether answers are what their WSDL promises for the call that was made: valid by its schemas, the element of the
 * operation's output, header blocks and faults that the operation declares.
 */
import type { SoapAnswer, SoapApi } from '../../support/soap-calls.js';
import { answerValidator, type Validator } from './schemas.js';

export interface Asked {
  readonly api: SoapApi;
  readonly version: number;
  readonly call: string;
}

export interface Answers {
  /** Throws, saying what is wrong. */
  check(asked: Asked, answer: Pick<SoapAnswer, 'status' | 'text'>): Promise<void>;
}

interface Promised {
  readonly validator: Validator;
  readonly wsdl: string;
}

/** WSDLs from 65.0 on have no login(), whose answer stays the same. */
const LAST_WITH_LOGIN = 64;

/** Reads the WSDLs of that server, each once. */
export function answersOf(url: string): Answers {
  const known = new Map<string, Promise<Promised>>();
  const promisedBy = (api: SoapApi, version: number): Promise<Promised> => {
    const key = `${api}?version=${version}.0`;
    let promised = known.get(key);
    if (promised === undefined) {
      promised = fetch(`${url}/services/wsdl/${key}`)
        .then((response) => response.text())
        .then((wsdl) => ({ wsdl, validator: answerValidator(wsdl) }));
      known.set(key, promised);
    }
    return promised;
  };
  return {
    async check({ api, version, call }, { status, text }) {
      const at = call === 'login' ? Math.min(version, LAST_WITH_LOGIN) : version;
      const { validator, wsdl } = await promisedBy(api, at);
      validator.validate(text);
      const problem = problemOf(operationOf(wsdl, call), { status, text });
      if (problem !== undefined)
        throw new Error(`${problem} is not declared for ${call}\n${text.slice(0, 2000)}`);
    },
  };
}

interface Operation {
  readonly output: string;
  readonly headers: readonly string[];
  readonly faults: readonly string[];
}

/** Undefined for what is no operation of the WSDL: such a call fails unexpectedly. */
function operationOf(wsdl: string, call: string): Operation | undefined {
  const [port, binding] = wsdl.split('<binding ') as [string, string];
  const operation = new RegExp(`<operation name="${call}">(.*?)</operation>`, 's');
  const declared = operation.exec(port)?.[1];
  if (declared === undefined) return undefined;
  const bound = /<output>(.*?)<\/output>/s.exec(operation.exec(binding)?.[1] ?? '')?.[1] ?? '';
  const message = /<output message="tns:(\w+)"/.exec(declared)?.[1];
  const output = new RegExp(`<message name="${message}"><part element="tns:(\\w+)"`).exec(wsdl)?.[1] ?? '';
  const parts = [...bound.matchAll(/<soap:header [^>]*part="(\w+)"/g)].map(([, part]) => part as string);
  const faults = [...declared.matchAll(/<fault message="tns:(\w+)"/g)].map(([, fault]) => fault as string);
  return { output, headers: parts, faults };
}

/** What the answer has and the operation does not. */
function problemOf(operation: Operation | undefined, { status, text }: Pick<SoapAnswer, 'status' | 'text'>) {
  const [, header = '', body = ''] =
    /(?:<soapenv:Header>(.*)<\/soapenv:Header>)?<soapenv:Body>(.*)<\/soapenv:Body>/s.exec(text) ?? [];
  const first = /^<([\w:]+)/.exec(body)?.[1];
  const block = /^<(\w+)/.exec(header)?.[1];
  if (block !== undefined && operation?.headers.includes(block) !== true) return `the header ${block}`;
  if (first !== 'soapenv:Fault') {
    return first === operation?.output && status === 200 ? undefined : `${first} with status ${status}`;
  }
  if (status !== 500 && status !== 503) return `a fault with status ${status}`;
  const fault = /<detail><sf:(\w+)/.exec(body)?.[1];
  if (fault === undefined) return body.includes('<faultcode>soapenv:') ? undefined : 'a fault without detail';
  const declared = operation?.faults ?? ['UnexpectedErrorFault'];
  return declared.includes(fault) ? undefined : `the fault ${fault}`;
}
