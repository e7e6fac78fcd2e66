/**
 * GET /services/data/vXX.X/: what is served at this version, by name, in the vendor's order (salesforce-data-api.md
 * §9). `identity` is absolute, because jsforce follows it.
 */
import { jsonAnswer, type RestAnswer, type RestContext } from '../exchange.js';

/** The vendor's order at v66. */
const VENDOR_ORDER = [
  'tooling',
  'metadata',
  'eclair',
  'folders',
  'prechatForms',
  'contact-tracing',
  'jsonxform',
  'chatter',
  'payments',
  'tabs',
  'appMenu',
  'quickActions',
  'queryAll',
  'commerce',
  'wave',
  'iot',
  'analytics',
  'search',
  'smartdatadiscovery',
  'identity',
  'composite',
  'parameterizedSearch',
  'fingerprint',
  'theme',
  'nouns',
  'domino',
  'event',
  'serviceTemplates',
  'recent',
  'connect',
  'licensing',
  'limits',
  'process',
  'dedupe',
  'async-queries',
  'query',
  'jobs',
  'localizedvalue',
  'mobile',
  'emailConnect',
  'consent',
  'tokenizer',
  'compactLayouts',
  'async',
  'sobjects',
  'actions',
  'support',
];

/** The endpoint, given the top-level names that are served. */
export function versionMap(served: ReadonlySet<string>): (context: RestContext) => RestAnswer {
  const names = VENDOR_ORDER.filter((name) => name === 'identity' || served.has(name));
  return ({ base, caller, deps }) =>
    jsonAnswer(
      Object.fromEntries(
        names.map((name) => [
          name,
          name === 'identity'
            ? `${deps.publicUrl()}/id/${caller.organizationId}/${caller.userId}`
            : `${base}/${name}`,
        ]),
      ),
    );
}
