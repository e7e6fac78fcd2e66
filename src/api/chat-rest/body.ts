/**
 * Reading what visitors' clients post. Old bots label JSON `text/plain` or not at all, leave optional fields out and
 * add some of their own, so shapes are read leniently: what is needed must be there, what is optional and unusable
 * counts as absent. Invariant: nothing leaves here longer than its limit (live-agent-chat.md §13.1, §13.3).
 */

import { z } from 'zod';

/** Upper bounds of what one visitor may send; characters unless said otherwise. */
export const BODY_LIMITS = {
  /** Bytes of one request body. */
  bodyBytes: 256 * 1024,
  /** Lists and objects within each other: whatever walks through a body stays far from the end of its stack. */
  depth: 50,
  messageText: 4_000,
  sneakPeekText: 2_000,
  visitorName: 255,
  shortText: 255,
  url: 2_000,
  prechatDetails: 100,
  prechatValue: 4_000,
  /** Bytes of prechatEntities as JSON; past it they are left out. */
  prechatEntitiesBytes: 32 * 1024,
  buttonOverrides: 20,
  customEventType: 255,
  customEventData: 8_000,
  nouns: 20,
  sensitiveRules: 50,
} as const;

/** The request could not be understood: answered 400 with this message as plain text. */
export class BodyError extends Error {}

/** Parses a body as a JSON object, whatever its label said. No body at all is `{}`. */
export function parseJsonObject(raw: string | Buffer | undefined): Record<string, unknown> {
  const text = raw === undefined ? '' : raw.toString().trim();
  if (text === '') return {};
  if (depthOf(text) > BODY_LIMITS.depth) throw new BodyError('The JSON body is nested too deeply');
  let value: unknown;
  try {
    // A byte order mark is what some ready-made strings begin with.
    value = JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch {
    throw new BodyError('The JSON body could not be parsed');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BodyError('The JSON body must be an object');
  }
  return value as Record<string, unknown>;
}

/**
 * How deep lists and objects lie in each other, brackets in texts left out. Looks at each character once, whatever the text
 * is; of text that is no JSON it may say anything.
 */
function depthOf(text: string): number {
  let depth = 0;
  let most = 0;
  let isInText = false;
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i];
    if (isInText && character === '\\') i += 1;
    else if (character === '"') isInText = !isInText;
    else if (isInText) continue;
    else if (character === '[' || character === '{') most = Math.max(most, ++depth);
    else if (character === ']' || character === '}') depth -= 1;
  }
  return most;
}

/** Optional text: numbers and booleans are written out, anything else counts as absent; cut at the limit. */
const optionalText = (limit: number) =>
  z
    .union([z.string(), z.number(), z.boolean()])
    .transform((value) => String(value).slice(0, limit))
    .optional()
    .catch(undefined);

const flag = z
  .union([z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')])
  .optional()
  .catch(undefined);

const idText = optionalText(40).transform((id) => (id === '' || id === 'null' ? undefined : id));

const entityMaps = z.array(z.record(z.string(), z.unknown())).max(50).catch([]);

/** Clients name the maps of a detail either way. */
const prechatDetail = z
  .object({
    label: z.coerce.string().transform((text) => text.slice(0, BODY_LIMITS.shortText)),
    value: z
      .union([z.string(), z.number(), z.boolean(), z.null()])
      .transform((value) => (value === null ? null : String(value).slice(0, BODY_LIMITS.prechatValue)))
      .catch(null),
    transcriptFields: z.array(z.string().max(BODY_LIMITS.shortText)).max(20).catch([]).default([]),
    displayToAgent: z.boolean().catch(true).default(true),
    entityMaps: entityMaps.optional(),
    entityFieldMaps: entityMaps.optional(),
  })
  .transform(({ entityMaps: maps, entityFieldMaps, ...detail }) => ({
    ...detail,
    entityMaps: maps ?? entityFieldMaps ?? [],
  }));

const prechatEntities = z
  .array(z.record(z.string(), z.unknown()))
  .refine((entities) => JSON.stringify(entities).length <= BODY_LIMITS.prechatEntitiesBytes)
  .catch([])
  .default([]);

/** Keeps the usable members of a list and forgets the rest: one odd pre-chat field must not cost the visitor the chat. */
function usableOf<T>(member: z.ZodType<T>, most: number) {
  return z
    .array(z.unknown())
    .catch([])
    .default([])
    .transform((list) =>
      list.slice(0, most).flatMap((one) => {
        const read = member.safeParse(one);
        return read.success ? [read.data] : [];
      }),
    );
}

export const chasitorInit = z.object({
  organizationId: idText,
  deploymentId: idText,
  buttonId: idText,
  agentId: idText,
  doFallback: flag,
  buttonOverrides: usableOf(z.string().min(15).max(37), BODY_LIMITS.buttonOverrides),
  visitorName: optionalText(BODY_LIMITS.visitorName),
  userAgent: optionalText(BODY_LIMITS.url),
  language: optionalText(BODY_LIMITS.shortText),
  screenResolution: optionalText(BODY_LIMITS.shortText),
  prechatDetails: usableOf(prechatDetail, BODY_LIMITS.prechatDetails),
  prechatEntities,
  receiveQueueUpdates: flag,
  isPost: flag,
  /** The visitor as Visitor/VisitorId named it; seen under both names. */
  visitorId: optionalText(64),
  trackingId: optionalText(64),
});
export type ChasitorInitBody = z.output<typeof chasitorInit>;

const limited = (limit: number, what: string) =>
  z
    .string({ error: `${what} is required` })
    .max(limit, { error: `${what} is longer than ${limit} characters` });

export const chatMessage = z.object({ text: limited(BODY_LIMITS.messageText, 'text') });

/** `position` counts the sneak peeks of a chat from 0 upwards; a client that does not count sends none. */
export const sneakPeek = z.object({
  position: z.coerce.number().int().min(0).max(1_000_000_000).optional().catch(undefined),
  text: z
    .string()
    .catch('')
    .default('')
    .transform((text) => text.slice(0, BODY_LIMITS.sneakPeekText)),
});

export const customEvent = z.object({
  type: limited(BODY_LIMITS.customEventType, 'type').min(1, { error: 'type is required' }),
  // The guide says string; clients of bots send objects. Kept as text either way.
  data: z
    .unknown()
    .optional()
    .transform((data) => (data === undefined ? '' : typeof data === 'string' ? data : JSON.stringify(data)))
    .pipe(limited(BODY_LIMITS.customEventData, 'data')),
});

export const idleWarning = z.object({
  idleTimeoutWarningEvent: z.enum(['triggered', 'cleared'], {
    error: 'idleTimeoutWarningEvent must be triggered or cleared',
  }),
});

export const breadcrumb = z.object({ location: optionalText(BODY_LIMITS.url) });

export const sensitiveRules = z.object({
  rules: usableOf(
    z.object({ id: optionalText(18), name: optionalText(BODY_LIMITS.shortText) }),
    BODY_LIMITS.sensitiveRules,
  ),
});

const noun = z
  .object({
    prefix: z.string().max(40),
    noun: z.string().max(60),
    object: z.unknown().optional(),
    data: z.unknown().optional(),
  })
  .transform(({ prefix, noun: name, object, data }) => ({ prefix, noun: name, body: object ?? data ?? {} }));

/** The guide's table calls the member's body `data`, its example `object`: both are read. */
export const multiNoun = z.object({
  nouns: z
    .array(noun, { error: 'nouns is required' })
    .max(BODY_LIMITS.nouns, { error: `nouns holds more than ${BODY_LIMITS.nouns} members` }),
});

/** Reads a parsed body by one of the shapes above; the first thing wrong becomes a BodyError. */
export function readAs<S extends z.ZodType>(shape: S, body: unknown): z.output<S> {
  const read = shape.safeParse(body);
  if (read.success) return read.data;
  throw new BodyError(read.error.issues[0]?.message ?? 'The JSON body could not be understood');
}
