/**
 * The `urls` of describe, in the vendor's order (salesforce-data-api.md §5.4, §5.5). Only the pages for people are
 * absolute, and only the describe of one object has them.
 */
import type { SObjectDescription } from '../objects/language.js';

/** Of an entry of the global describe. `base` is `/services/data/vXX.0`. */
export function globalUrls(object: SObjectDescription, base: string): Record<string, string> {
  const own = `${base}/sobjects/${object.name}`;
  const layoutable = object.flags.includes('layoutable');
  return {
    ...(layoutable ? { compactLayouts: `${own}/describe/compactLayouts` } : {}),
    rowTemplate: `${own}/{ID}`,
    ...(layoutable
      ? { approvalLayouts: `${own}/describe/approvalLayouts`, listviews: `${own}/listviews` }
      : {}),
    describe: `${own}/describe`,
    ...(layoutable ? { quickActions: `${own}/quickActions`, layouts: `${own}/describe/layouts` } : {}),
    sobject: own,
  };
}

/** Of the describe of one object. */
export function objectUrls(
  object: SObjectDescription,
  base: string,
  publicUrl: string,
): Record<string, string> {
  const own = `${base}/sobjects/${object.name}`;
  if (!object.flags.includes('layoutable')) return globalUrls(object, base);
  return {
    compactLayouts: `${own}/describe/compactLayouts`,
    rowTemplate: `${own}/{ID}`,
    approvalLayouts: `${own}/describe/approvalLayouts`,
    uiDetailTemplate: `${publicUrl}/{ID}`,
    uiEditTemplate: `${publicUrl}/{ID}/e`,
    defaultValues: `${own}/defaultValues?recordTypeId&fields`,
    listviews: `${own}/listviews`,
    describe: `${own}/describe`,
    ...(object.keyPrefix === null ? {} : { uiNewRecord: `${publicUrl}/${object.keyPrefix}/e` }),
    quickActions: `${own}/quickActions`,
    layouts: `${own}/describe/layouts`,
    sobject: own,
  };
}
