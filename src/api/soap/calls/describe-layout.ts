/** describeLayout(): the page layout of an object, the same values as REST's (salesforce-data-api.md §6). */
import { ApiError } from '../../../errors.js';
import { describeLayouts as layoutsOf } from '../../../records/describe-layout.js';
import { MASTER_RECORD_TYPE_ID } from '../../../records/describe-sobject.js';
import { id18, isId } from '../../../store/ids.js';
import { writeNamed } from '../schema/write.js';
import { callerOf } from '../session-header.js';
import type { SoapCall } from '../soap-call.js';
import { visibleObject } from '../sobject-type.js';
import { childrenOf, isNil, textOf, type XmlElement } from '../xml-tree.js';

export const describeLayout: SoapCall = async (context) => {
  const caller = await callerOf(context);
  const { call } = context.request;
  const object = visibleObject(caller, textOf(call, 'sObjectType') ?? '');
  if (!object.flags.includes('layoutable')) {
    throw new ApiError(
      'INVALID_TYPE_FOR_OPERATION',
      `entity type ${object.label} does not support describeLayout`,
    );
  }
  const layoutName = textOf(call, 'layoutName')?.trim() ?? '';
  if (layoutName !== '') {
    throw new ApiError('INVALID_ID_FIELD', `there is no layout named ${layoutName.slice(0, 100)}`);
  }
  refuseOtherRecordTypes(childrenOf(call, 'recordTypeIds'));
  const { layouts, recordTypeMappings, recordTypeSelectorRequired } = layoutsOf(caller, object, '');
  const value = {
    layouts,
    recordTypeMappings,
    recordTypeSelectorRequired: recordTypeSelectorRequired.some(Boolean),
  };
  const result = writeNamed('result', 'DescribeLayoutResult', value, context.apiVersion);
  return `<describeLayoutResponse>${result}</describeLayoutResponse>`;
};

/** Every object has the master record type and no other. */
function refuseOtherRecordTypes(ids: readonly XmlElement[]): void {
  for (const element of ids) {
    const id = element.text.trim();
    if (isNil(element) || (isId(id) && id18(id) === MASTER_RECORD_TYPE_ID)) continue;
    throw new ApiError('INVALID_ID_FIELD', `bad id ${id.slice(0, 255)}`);
  }
}
