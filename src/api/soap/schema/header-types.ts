/** The headers of calls and answers (salesforce-data-api.md §7.2). Each is a global element of the WSDL. */
import { type ComplexType, complex } from './language.js';

export const HEADERS: Readonly<Record<string, ComplexType>> = {
  LoginScopeHeader: complex('organizationId?: ID', 'portalId?: ID'),
  SessionHeader: complex('sessionId'),
  CallOptions: complex('client?~', 'defaultNamespace?~'),
  QueryOptions: complex('batchSize?: int'),
  AllOrNoneHeader: complex('allOrNone: boolean'),
  AllowFieldTruncationHeader: complex('allowFieldTruncation: boolean'),
  AssignmentRuleHeader: complex('assignmentRuleId?~: ID', 'useDefaultRule?~: boolean'),
  DebuggingHeader: complex('debugLevel'),
  DisableFeedTrackingHeader: complex('disableFeedTracking: boolean'),
  DuplicateRuleHeader: complex(
    'allowSave?: boolean',
    'includeRecordDetails?: boolean',
    'runAsCurrentUser?: boolean',
  ),
  EmailHeader: complex(
    'triggerAutoResponseEmail: boolean',
    'triggerOtherEmail: boolean',
    'triggerUserEmail: boolean',
  ),
  LimitInfoHeader: complex('limitInfo*: LimitInfo'),
  LocaleOptions: complex('language?', 'localizeErrors?: boolean'),
  MruHeader: complex('updateMru: boolean'),
  OwnerChangeOptions: complex('options*: OwnerChangeOption'),
  PackageVersionHeader: complex('packageVersions*: PackageVersion'),
  StreamingEnabledHeader: complex('streamingEnabled: boolean'),
  UserTerritoryDeleteHeader: complex('transferToUserId~: ID'),
};

export const HEADER_TYPES: Readonly<Record<string, ComplexType>> = {
  OwnerChangeOption: complex('type', 'execute: boolean'),
  PackageVersion: complex('majorNumber: int', 'minorNumber: int', 'namespace'),
};
