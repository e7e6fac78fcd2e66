/**
 * Value lists that several objects share, in describe order (objects.json). Longer ones have files of their own:
 * locales.ts and time-zones.ts.
 */
import { valuesOf } from './fields.js';

/** Fully supported languages: LanguageLocaleKey and the like. */
export const LANGUAGES = valuesOf([
  ['en_US', 'English'],
  ['de', 'German'],
  ['es', 'Spanish'],
  ['fr', 'French'],
  ['it', 'Italian'],
  ['ja', 'Japanese'],
  ['sv', 'Swedish'],
  ['ko', 'Korean'],
  ['zh_TW', 'Chinese (Traditional)'],
  ['zh_CN', 'Chinese (Simplified)'],
  ['pt_BR', 'Portuguese (Brazil)'],
  ['nl_NL', 'Dutch'],
  ['da', 'Danish'],
  ['th', 'Thai'],
  ['fi', 'Finnish'],
  ['ru', 'Russian'],
  ['es_MX', 'Spanish (Mexico)'],
  ['no', 'Norwegian'],
]);

/** EmailEncodingKey. */
export const EMAIL_ENCODINGS = valuesOf([
  ['UTF-8', 'Unicode (UTF-8)'],
  ['ISO-8859-1', 'General US & Western Europe (ISO-8859-1, ISO-LATIN-1)'],
  ['Shift_JIS', 'Japanese (Shift-JIS)'],
  ['ISO-2022-JP', 'Japanese (JIS)'],
  ['EUC-JP', 'Japanese (EUC)'],
  ['ks_c_5601-1987', 'Korean (ks_c_5601-1987)'],
  ['Big5', 'Traditional Chinese (Big5)'],
  ['GB2312', 'Simplified Chinese (GB2312)'],
  ['Big5-HKSCS', 'Traditional Chinese Hong Kong (Big5-HKSCS)'],
  ['x-SJIS_0213', 'Japanese (Shift-JIS_2004)'],
]);

/** GeocodeAccuracy. */
export const GEOCODE_ACCURACIES = valuesOf([
  'Address',
  ['NearAddress', 'Near Address'],
  'Block',
  'Street',
  ['ExtendedZip', 'Extended Zip'],
  'Zip',
  'Neighborhood',
  'City',
  'County',
  'State',
  'Unknown',
]);

/** AccessLevel of every Share object. */
export const SHARE_ACCESS_LEVELS = valuesOf([
  ['Read', 'Read Only'],
  ['Edit', 'Read/Write'],
  ['All', 'Owner'],
]);

/** RowCause of every Share object; a client may only make Manual rows. */
export const SHARE_ROW_CAUSES = valuesOf([
  'Owner',
  ['Manual', 'Manual Sharing'],
  ['Rule', 'Sharing Rule'],
  ['ImplicitChild', 'Account Sharing'],
  ['ImplicitParent', 'Associated record owner or sharing'],
  ['ImplicitPerson', 'Person Contact'],
  ['Team', 'Sales Team'],
  ['Territory', 'Territory Assignment Rule'],
  ['TerritoryManual', 'Territory Manual'],
  ['Territory2AssociationManual', 'Territory Manual'],
  ['TerritoryRule', 'Territory Sharing Rule'],
  ['Territory2Forecast', 'Territory assignment for forecasting and reporting'],
  ['GuestRule', 'Guest User Sharing Rule'],
  ['GuestParentImplicit', 'Associated guest user sharing'],
  ['GuestPersonImplicit', 'Associated Guest User Sharing'],
  ['SurveyShare', 'Survey Sharing Rule'],
  ['CompliantDataSharing', 'Compliant Data Sharing'],
  ['MfgTargetShare', 'Manufacturing Target Sharing Rule'],
  ['SharingRecordCollection', 'Record Collection'],
  ['ALMAssignmentSharing', 'Actionable List Member Sharing Rule'],
  ['LearningAssignment', 'Learning Assignment Share'],
  ['LearningAssignmentImplicit', 'Learning Assignment Implicit Share'],
  ['LearningItemAssignment', 'Learning Item Assignment Share'],
]);

/** DataType of every History object. */
export const HISTORY_DATA_TYPES = valuesOf([
  ['Address', null],
  ['AnyType', null],
  ['AutoNumber', null],
  ['Base64', null],
  ['BitVector', null],
  ['Boolean', null],
  ['Content', null],
  ['Currency', null],
  ['DataCategoryGroupReference', null],
  ['DateOnly', null],
  ['DateTime', null],
  ['Division', null],
  ['Double', null],
  ['DynamicEnum', null],
  ['Email', null],
  ['EncryptedBase64', null],
  ['EncryptedText', null],
  ['EntityId', null],
  ['EnumOrId', null],
  ['ExternalId', null],
  ['Fax', null],
  ['File', null],
  ['HtmlMultiLineText', null],
  ['HtmlStringPlusClob', null],
  ['InetAddress', null],
  ['Json', null],
  ['Location', null],
  ['MultiEnum', null],
  ['MultiLineText', null],
  ['Namespace', null],
  ['Percent', null],
  ['PersonName', null],
  ['Phone', null],
  ['Raw', null],
  ['RecordType', null],
  ['SfdcEncryptedText', null],
  ['SimpleNamespace', null],
  ['StringPlusClob', null],
  ['Switchable_PersonName', null],
  ['Text', null],
  ['TimeOnly', null],
  ['Url', null],
  ['YearQuarter', null],
]);

/** What Field of a History object holds besides field names. */
export const HISTORY_SPECIAL_FIELD_VALUES = valuesOf([
  ['created', 'Created.'],
  ['feedEvent', 'Feed event'],
  ['individualMerged', 'Individual Merged'],
  ['ownerAccepted', 'Owner (Accepted)'],
  ['ownerAssignment', 'Owner (Assignment)'],
  ['locked', 'Record locked.'],
  ['unlocked', 'Record unlocked.'],
]);
