/**
 * describeGlobal(), describeSObject(), describeSObjects(): the same values as REST's describe, in the order and with
 * the names of the SOAP schema (salesforce-data-api.md §5).
 */
import type { Caller } from '../../../access/caller.js';
import { ApiError } from '../../../errors.js';
import { describeGlobal as globalOf } from '../../../records/describe-global.js';
import { describeSObject as describeOf } from '../../../records/describe-sobject.js';
import { writeNamed } from '../schema/write.js';
import { callerOf } from '../session-header.js';
import type { SoapCall, SoapContext } from '../soap-call.js';
import { visibleObject } from '../sobject-type.js';
import { childrenOf, textOf } from '../xml-tree.js';

const MAX_TYPES = 100;
/** What only the URLs of REST begin with; SOAP shows the pages for people, which are absolute. */
const NO_BASE = '';

export const describeGlobal: SoapCall = async (context) => {
  const caller = await callerOf(context);
  const { sobjects, ...rest } = globalOf(caller, NO_BASE);
  const value = { ...rest, sobjects: sobjects.map((entry) => ({ ...entry, idEnabled: false })) };
  const result = writeNamed('result', 'DescribeGlobalResult', value, context.apiVersion);
  return `<describeGlobalResponse>${result}</describeGlobalResponse>`;
};

export const describeSObject: SoapCall = async (context) =>
  `<describeSObjectResponse>${await describeOne(context)}</describeSObjectResponse>`;

export const describeSObjects: SoapCall = async (context) =>
  `<describeSObjectsResponse>${(await describeAll(context)).join('')}</describeSObjectsResponse>`;

async function describeOne(context: SoapContext): Promise<string> {
  const caller = await callerOf(context);
  return describeXml(context, caller, textOf(context.request.call, 'sObjectType') ?? '');
}

async function describeAll(context: SoapContext): Promise<string[]> {
  const caller = await callerOf(context);
  const names = childrenOf(context.request.call, 'sObjectType').map(({ text }) => text);
  if (names.length > MAX_TYPES) {
    throw new ApiError(
      'EXCEEDED_MAX_TYPES_LIMIT',
      `cannot describe more than ${MAX_TYPES} types in one call`,
    );
  }
  return names.map((name) => describeXml(context, caller, name));
}

function describeXml({ deps, apiVersion }: SoapContext, caller: Caller, name: string): string {
  const describe = describeOf(caller, visibleObject(caller, name), {
    base: NO_BASE,
    publicUrl: deps.publicUrl(),
  });
  const urls = describe.urls as Readonly<Record<string, string>>;
  const value = {
    ...describe,
    idEnabled: false,
    urlDetail: urls.uiDetailTemplate ?? null,
    urlEdit: urls.uiEditTemplate ?? null,
    urlNew: urls.uiNewRecord ?? null,
  };
  return writeNamed('result', 'DescribeSObjectResult', value, apiVersion);
}
