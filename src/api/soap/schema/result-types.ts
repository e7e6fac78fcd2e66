/** What calls on records take and give (salesforce-data-api.md §8.1). */
import { all, type ComplexType, complex } from './language.js';

const savedTypes = (): ComplexType => complex('errors*: Error', 'id~: ID', 'success: boolean');
const removedTypes = (): ComplexType => complex('errors*~: Error', 'id~: ID', 'success: boolean');

export const RESULT_TYPES: Readonly<Record<string, ComplexType>> = {
  Error: complex(
    'extendedErrorDetails*~: ExtendedErrorDetails @37',
    'fields*~',
    'message',
    'statusCode: StatusCode',
  ),
  ExtendedErrorDetails: complex('extendedErrorCode'),
  SaveResult: savedTypes(),
  UpsertResult: complex('created: boolean', 'errors*: Error', 'id~: ID', 'success: boolean'),
  DeleteResult: removedTypes(),
  UndeleteResult: complex('errors*: Error', 'id~: ID', 'success: boolean'),
  EmptyRecycleBinResult: complex('errors*: Error', 'id~: ID', 'success: boolean'),
  QueryResult: complex('done: boolean', 'queryLocator~: QueryLocator', 'records*~: sObject', 'size: int'),
  SearchResult: complex(
    'queryId?',
    'searchRecords*: SearchRecord',
    'searchResultsMetadata?~: SearchResultsMetadata @36',
  ),
  SearchRecord: complex(
    'record: sObject',
    'searchRecordMetadata?: SearchRecordMetadata @40',
    'snippet?~: SearchSnippet @32',
  ),
  SearchRecordMetadata: complex('searchPromoted: boolean', 'spellCorrected: boolean'),
  SearchSnippet: complex('text?', 'wholeFields*: NameValuePair'),
  NameValuePair: complex('name', 'value'),
  SearchResultsMetadata: complex(
    'entityLabelMetadata*: LabelsSearchMetadata',
    'entityMetadata*: EntitySearchMetadata',
  ),
  LabelsSearchMetadata: complex('entityFieldLabels*: NameValuePair', 'entityName'),
  EntitySearchMetadata: complex('entityName'),
  GetUpdatedResult: complex('ids*: ID', 'latestDateCovered: dateTime'),
  GetDeletedResult: complex(
    'deletedRecords*: DeletedRecord',
    'earliestDateAvailable: dateTime',
    'latestDateCovered: dateTime',
  ),
  DeletedRecord: complex('deletedDate: dateTime', 'id: ID'),
  GetServerTimestampResult: complex('timestamp: dateTime'),
  SetPasswordResult: complex(),
  LoginResult: complex(
    'metadataServerUrl~',
    'passwordExpired: boolean',
    'sandbox: boolean',
    'serverUrl~',
    'sessionId~',
    'userId~: ID',
    'userInfo?: GetUserInfoResult',
  ),
  GetUserInfoResult: complex(
    'accessibilityMode: boolean',
    'chatterExternal: boolean @29',
    'currencySymbol~',
    'orgAttachmentFileSizeLimit: int',
    'orgDefaultCurrencyIsoCode~',
    'orgDefaultCurrencyLocale~ @29',
    ...all('boolean', 'orgDisallowHtmlAttachments orgHasPersonAccounts'),
    'organizationId: ID',
    'organizationMultiCurrency: boolean',
    'organizationName',
    'profileId: ID',
    'roleId~: ID',
    'sessionSecondsValid: int',
    'userDefaultCurrencyIsoCode~',
    'userEmail',
    'userFullName',
    'userId: ID',
    ...all('string', 'userLanguage userLocale userName userTimeZone userType userUiSkin'),
  ),
  LimitInfo: complex('current: int', 'limit: int', 'type'),
};
