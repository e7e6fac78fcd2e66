/** GetUserInfoResult: who is signed in where, as login() and getUserInfo() tell it (salesforce-data-api.md §8.1, §8.3). */
import type { Identity } from '../../access/identity.js';
import { element } from './xml-text.js';

/** Bytes; the vendor's figure, and this server's limit. */
const ATTACHMENT_LIMIT_BYTES = 5_242_880;
/** The first version with chatterExternal and orgDefaultCurrencyLocale; 28 lacks them (the exact one is unconfirmed). */
const NEWER_FIELDS_FROM = 29;

/** The children of `userInfo`, or of getUserInfo's `result`. */
export function userInfoXml(identity: Identity, apiVersion: number, sessionSeconds: number): string {
  const newer = apiVersion >= NEWER_FIELDS_FROM;
  return [
    element('accessibilityMode', false),
    newer ? element('chatterExternal', false) : '',
    element('currencySymbol', '$'),
    element('orgAttachmentFileSizeLimit', ATTACHMENT_LIMIT_BYTES),
    element('orgDefaultCurrencyIsoCode', 'USD'),
    newer ? element('orgDefaultCurrencyLocale', 'en_US') : '',
    element('orgDisallowHtmlAttachments', false),
    element('orgHasPersonAccounts', false),
    element('organizationId', identity.organizationId),
    element('organizationMultiCurrency', false),
    element('organizationName', identity.organizationName),
    element('profileId', identity.profileId),
    element('roleId', identity.roleId),
    element('sessionSecondsValid', sessionSeconds),
    element('userDefaultCurrencyIsoCode', null),
    element('userEmail', identity.email),
    element('userFullName', identity.name),
    element('userId', identity.userId),
    element('userLanguage', identity.language),
    element('userLocale', identity.locale),
    element('userName', identity.username),
    element('userTimeZone', identity.timeZone),
    element('userType', 'Standard'),
    element('userUiSkin', 'Theme3'),
  ].join('');
}
