/** The calls: what they take, what they give, which headers go along, how they fail (salesforce-data-api.md §7.2, §8). */
import { type ComplexType, complex } from './language.js';

export interface Operation {
  readonly name: string;
  readonly request: ComplexType;
  /** Children of `{name}Response`. */
  readonly response: ComplexType;
  readonly headers: readonly string[];
  readonly faults: readonly string[];
  /** Last API version whose WSDL has it. */
  readonly until?: number;
}

const EVERY_CALL = ['SessionHeader', 'CallOptions'];
const PACKAGES = ['PackageVersionHeader'];
const READS = ['QueryOptions', 'MruHeader', ...PACKAGES];
const REMOVES = [
  'AllOrNoneHeader',
  'AllowFieldTruncationHeader',
  'DisableFeedTrackingHeader',
  'StreamingEnabledHeader',
  'DuplicateRuleHeader',
  'LocaleOptions',
  'DebuggingHeader',
  ...PACKAGES,
];
const SAVES = [...REMOVES, 'AssignmentRuleHeader', 'MruHeader', 'EmailHeader'];

const ANY_CALL = ['UnexpectedErrorFault'];
const SAVE_FAULTS = ['InvalidSObjectFault', ...ANY_CALL, 'InvalidIdFault', 'InvalidFieldFault'];
const RETRIEVE_FAULTS = [
  'InvalidSObjectFault',
  'InvalidFieldFault',
  'MalformedQueryFault',
  ...ANY_CALL,
  'InvalidIdFault',
];
const QUERY_FAULTS = [...RETRIEVE_FAULTS, 'InvalidQueryLocatorFault'];
const DESCRIBE_FAULTS = ['InvalidSObjectFault', ...ANY_CALL];

interface Shape {
  readonly takes?: readonly string[];
  readonly gives?: string;
  readonly headers?: readonly string[];
  readonly faults?: readonly string[];
}

function operation(name: string, { takes = [], gives, headers = [], faults = ANY_CALL }: Shape): Operation {
  return {
    name,
    request: complex(...takes),
    response: gives === undefined ? complex() : complex(gives),
    headers: [...EVERY_CALL, ...headers],
    faults,
  };
}

const IDS = ['ids*: ID'];
const WINDOW = ['sObjectType', 'startDate: dateTime', 'endDate: dateTime'];

/** In the order of the WSDL. */
export const OPERATIONS: readonly Operation[] = [
  {
    name: 'login',
    request: complex('username', 'password'),
    response: complex('result: LoginResult'),
    headers: ['LoginScopeHeader', 'CallOptions'],
    faults: ['LoginFault', 'UnexpectedErrorFault', 'InvalidIdFault'],
    until: 64,
  },
  operation('describeSObject', {
    takes: ['sObjectType'],
    gives: 'result~: DescribeSObjectResult',
    headers: [...PACKAGES, 'LocaleOptions'],
    faults: DESCRIBE_FAULTS,
  }),
  operation('describeSObjects', {
    takes: ['sObjectType*'],
    gives: 'result*~: DescribeSObjectResult',
    headers: [...PACKAGES, 'LocaleOptions'],
    faults: DESCRIBE_FAULTS,
  }),
  operation('describeGlobal', { gives: 'result: DescribeGlobalResult', headers: PACKAGES }),
  operation('describeLayout', {
    takes: ['sObjectType', 'layoutName?~', 'recordTypeIds*: ID'],
    gives: 'result~: DescribeLayoutResult',
    headers: PACKAGES,
    faults: [...DESCRIBE_FAULTS, 'InvalidIdFault'],
  }),
  operation('describeTabs', { gives: 'result*: DescribeTabSetResult', headers: PACKAGES }),
  operation('create', {
    takes: ['sObjects*: sObject'],
    gives: 'result*: SaveResult',
    headers: SAVES,
    faults: SAVE_FAULTS,
  }),
  operation('update', {
    takes: ['sObjects*: sObject'],
    gives: 'result*: SaveResult',
    headers: [...SAVES, 'OwnerChangeOptions'],
    faults: SAVE_FAULTS,
  }),
  operation('upsert', {
    takes: ['externalIDFieldName', 'sObjects*: sObject'],
    gives: 'result*: UpsertResult',
    headers: [...SAVES, 'OwnerChangeOptions'],
    faults: SAVE_FAULTS,
  }),
  operation('delete', {
    takes: IDS,
    gives: 'result*: DeleteResult',
    headers: [...REMOVES, 'UserTerritoryDeleteHeader', 'EmailHeader'],
  }),
  operation('undelete', { takes: IDS, gives: 'result*: UndeleteResult', headers: REMOVES }),
  operation('emptyRecycleBin', { takes: IDS, gives: 'result*: EmptyRecycleBinResult' }),
  operation('retrieve', {
    takes: ['fieldList', 'sObjectType', 'ids*: ID'],
    gives: 'result*~: sObject',
    headers: READS,
    faults: RETRIEVE_FAULTS,
  }),
  operation('query', {
    takes: ['queryString'],
    gives: 'result: QueryResult',
    headers: READS,
    faults: QUERY_FAULTS,
  }),
  operation('queryAll', {
    takes: ['queryString'],
    gives: 'result: QueryResult',
    headers: ['QueryOptions'],
    faults: QUERY_FAULTS,
  }),
  operation('queryMore', {
    takes: ['queryLocator: QueryLocator'],
    gives: 'result: QueryResult',
    headers: ['QueryOptions'],
    faults: ['InvalidQueryLocatorFault', ...ANY_CALL, 'InvalidFieldFault', 'MalformedQueryFault'],
  }),
  operation('search', {
    takes: ['searchString'],
    gives: 'result: SearchResult',
    headers: PACKAGES,
    faults: ['InvalidSObjectFault', 'InvalidFieldFault', 'MalformedSearchFault', ...ANY_CALL],
  }),
  operation('getUpdated', {
    takes: WINDOW,
    gives: 'result: GetUpdatedResult',
    faults: DESCRIBE_FAULTS,
  }),
  operation('getDeleted', {
    takes: WINDOW,
    gives: 'result: GetDeletedResult',
    faults: DESCRIBE_FAULTS,
  }),
  operation('getServerTimestamp', { gives: 'result: GetServerTimestampResult' }),
  operation('getUserInfo', { gives: 'result: GetUserInfoResult' }),
  operation('setPassword', {
    takes: ['userId: ID', 'password'],
    gives: 'result: SetPasswordResult',
    faults: ['InvalidIdFault', 'InvalidNewPasswordFault', ...ANY_CALL],
  }),
  operation('logout', {}),
];

/** Answers of these calls say how many calls the organization made (§8.3). */
export const LIMIT_INFO_CALLS: ReadonlySet<string> = new Set([
  'query',
  'queryAll',
  'create',
  'update',
  'upsert',
  'search',
  'getDeleted',
]);
