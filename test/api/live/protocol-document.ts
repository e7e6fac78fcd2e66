/**
 * Prints the /live contract as the page a client's author reads. Invariant: every sentence about a frame comes out of
 * src/api/live/schema.ts; only the introduction is written here.
 */

import { z } from 'zod';
import {
  AGENT_OPERATIONS,
  AGENT_SIGNALS,
  board,
  boardAgent,
  boardChange,
  boardChat,
  CLOSE_CODES,
  chatSummary,
  clientFrame,
  ERROR_CODES,
  EVENTS,
  engagedChat,
  figures,
  fileTransfer,
  LIVE_LIMITS,
  LIVE_PATH,
  line,
  listedRequest,
  offer,
  openLogin,
  PASSED_CODES,
  PROTOCOL_VERSION,
  SIGNALS,
  SUPERVISOR_OPERATIONS,
  serverFrame,
  settings,
  snapshot,
  transferTarget,
  watchedChange,
  watchedChat,
} from '../../../src/api/live/schema.js';

/** The parts of JSON Schema that zod prints for this contract. */
interface JsonShape {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonShape[];
  readonly oneOf?: readonly JsonShape[];
  readonly items?: JsonShape;
  readonly properties?: Readonly<Record<string, JsonShape>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
  readonly maxLength?: number;
  readonly description?: string;
}

const SHAPES = {
  Snapshot: snapshot,
  Settings: settings,
  Offer: offer,
  EngagedChat: engagedChat,
  ChatSummary: chatSummary,
  FileTransfer: fileTransfer,
  ListedRequest: listedRequest,
  TransferTarget: transferTarget,
  Line: line,
  OpenLogin: openLogin,
  Figures: figures,
  Board: board,
  BoardChange: boardChange,
  BoardAgent: boardAgent,
  BoardChat: boardChat,
  WatchedChat: watchedChat,
  WatchedChange: watchedChange,
};

function shapeOf(schema: z.ZodType): JsonShape {
  return z.toJSONSchema(schema, { io: 'input' }) as JsonShape;
}

/** A type in the notation of TypeScript. */
function typeName(shape: JsonShape): string {
  if (shape.$ref !== undefined)
    return `[${shape.$ref.split('/').at(-1)}](#${shape.$ref.split('/').at(-1)?.toLowerCase()})`;
  if (shape.const !== undefined) return `\`${JSON.stringify(shape.const)}\``;
  if (shape.enum !== undefined) return shape.enum.map((value) => `\`${JSON.stringify(value)}\``).join(' or ');
  const either = shape.anyOf ?? shape.oneOf;
  if (either !== undefined) return either.map(typeName).join(' or ');
  if (Array.isArray(shape.type)) return shape.type.join(' or ');
  if (shape.type === 'array') return `list of ${typeName(shape.items ?? {})}`;
  if (shape.type === 'object' && shape.properties !== undefined) {
    const required = new Set(shape.required ?? []);
    const members = Object.entries(shape.properties).map(
      ([name, of]) => `${name}${required.has(name) ? '' : '?'}: ${typeName(of)}`,
    );
    const more =
      shape.additionalProperties === undefined || shape.additionalProperties === false ? '' : ', …';
    return `{ ${members.join(', ')}${more} }`;
  }
  if (shape.type === undefined) return 'anything';
  return String(shape.type);
}

function fieldTable(shape: JsonShape, leaveOut: readonly string[] = []): string {
  const required = new Set(shape.required ?? []);
  const rows = Object.entries(shape.properties ?? {})
    .filter(([name]) => !leaveOut.includes(name))
    .map(([name, of]) => {
      const limit =
        of.maxLength === undefined || of.maxLength <= 0 ? '' : `at most ${of.maxLength} characters`;
      const meaning = [of.description, limit].filter((part) => part !== undefined && part !== '').join('; ');
      return `| \`${name}\` | ${typeName(of)} | ${required.has(name) ? '' : 'optional; '}${meaning} |`.replace(
        '; |',
        ' |',
      );
    });
  if (rows.length === 0) return 'No fields.\n';
  return ['| field | type | meaning |', '| --- | --- | --- |', ...rows, ''].join('\n');
}

function frames(union: z.ZodType): string {
  const shape = shapeOf(union);
  return (shape.oneOf ?? shape.anyOf ?? [])
    .map(
      (frame) => `#### frame \`${String(frame.properties?.type?.const)}\`\n\n${fieldTable(frame, ['type'])}`,
    )
    .join('\n');
}

function entries(of: Readonly<Record<string, { doc: string; body: z.ZodType }>>): string {
  return Object.entries(of)
    .map(([name, { doc, body }]) => `#### \`${name}\`\n\n${doc}\n\n${fieldTable(shapeOf(body))}`)
    .join('\n');
}

function operations(
  of: Readonly<Record<string, { doc: string; params: z.ZodType; result: z.ZodType }>>,
): string {
  return Object.entries(of)
    .map(
      ([name, { doc, params, result }]) =>
        `#### \`${name}\`\n\n${doc}\n\nParameters:\n\n${fieldTable(shapeOf(params))}\nAnswer:\n\n${fieldTable(shapeOf(result))}`,
    )
    .join('\n');
}

/** The whole page, Markdown. */
export function protocolDocument(): string {
  const shapes = Object.entries(SHAPES).map(
    ([name, schema]) => `### ${name}\n\n${fieldTable(shapeOf(schema))}`,
  );
  const limits = Object.entries(LIVE_LIMITS).map(
    ([name, value]) => `| \`${name}\` | ${value.toLocaleString('en')} |`,
  );
  const closes = Object.entries(CLOSE_CODES).map(
    ([code, { name, reconnect, meaning }]) => `| ${code} | \`${name}\` | ${reconnect} | ${meaning} |`,
  );
  const errors = Object.entries({ ...ERROR_CODES, ...PASSED_CODES }).map(
    ([code, meaning]) => `| \`${code}\` | ${meaning} |`,
  );
  return `# The agent protocol, version ${PROTOCOL_VERSION}

<!-- Made from src/api/live/schema.ts: npx vitest run test/api/live/protocol-document.test.ts -u -->

An agent's client and the server exchange JSON objects, one a text frame, over a WebSocket at \`${LIVE_PATH}\`. The typed
client in \`src/live-client\` does all of what follows; this page is for those who write another.

1. Connect to \`wss://HOST${LIVE_PATH}\`. Send a [\`hello\`](#frame-hello) with an access token of the OAuth token endpoint within
   ${LIVE_LIMITS.hello_ms / 1000} seconds; nothing else is answered before it.
2. The [\`welcome\`](#frame-welcome) carries a [snapshot](#snapshot): what a console shows. From then on [events](#events) keep it
   current: snapshot + the events after its \`lastEventId\` = a fresh snapshot. Ids ascend by one within a login.
3. Ask with [\`request\`](#frame-request); each is answered once, with \`response\` or \`refusal\`, after what it asked is durable.
   Requests about one chat are done in the order they were sent.
4. Send a \`heartbeat\` every \`heartbeatMs\`, busy or not. Whatever the client sends is contact; a login without contact for
   \`graceMs\` is closed at its last contact.
5. When the connection is lost, connect again and name the login and the last event in \`resume\`: within the grace the same
   login goes on, and the events missed meanwhile come in the welcome.
6. Several tabs of one user are one login: each connects by itself, under its own \`tab\` name, and each gets every event. A
   \`snapshot\` frame comes when another tab opened a login.

Clients ignore events, signals and fields they do not know: new ones appear without a new version. An operation the server
does not know is refused with \`unknown_operation\`. Times are epoch milliseconds of the server.

## Frames from the client

${frames(clientFrame)}
## Frames from the server

${frames(serverFrame)}
## Operations

${operations(AGENT_OPERATIONS)}
### Of supervisors

Refused with \`INSUFFICIENT_ACCESS\` unless \`user.maySupervise\` of the welcome is true. A supervisor needs no login of its own.

${operations(SUPERVISOR_OPERATIONS)}
## Events

Durable and numbered within a login. Each carries \`id\`, \`loginId\`, \`at\` and \`type\` beside what is listed.

${entries(EVENTS)}
## Signals

Transient, never numbered, lost when nobody listens.

### From the server

${entries(SIGNALS)}
### From the client

${entries(AGENT_SIGNALS)}
## Shapes

${shapes.join('\n')}
## Errors

| code | meaning |
| --- | --- |
${errors.join('\n')}

## Close codes

| code | name | reconnect | meaning |
| --- | --- | --- | --- |
${closes.join('\n')}

## Limits

| limit | value |
| --- | --- |
${limits.join('\n')}
`;
}
