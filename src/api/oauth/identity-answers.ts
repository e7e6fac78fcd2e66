/** What the identity URL and userinfo answer, key by key in the order clients were shown (salesforce-data-api.md §18.1). */
import type { Identity } from '../../access/identity.js';

/** Hours between a zone's standard time and UTC, in milliseconds: the smaller of its offsets in January and July. */
export function standardOffsetMs(timeZone: string): number {
  const offsets = [0, 6].map((month) => offsetMs(timeZone, new Date(Date.UTC(2024, month, 1))));
  return Math.min(...offsets);
}

function offsetMs(timeZone: string, at: Date): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' }).formatToParts(at);
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
  const [, sign, hours, minutes] = /^GMT([+-])(\d{2}):(\d{2})$/.exec(name) ?? [];
  if (sign === undefined) return 0;
  const total = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return sign === '-' ? -total : total;
}

/** The service addresses; `{version}` stays for the client to fill in. */
function serviceUrls(origin: string, { organizationId, userId }: Identity) {
  const organization = organizationId.slice(0, 15);
  const data = `${origin}/services/data/v{version}`;
  return {
    enterprise: `${origin}/services/Soap/c/{version}/${organization}`,
    metadata: `${origin}/services/Soap/m/{version}/${organization}`,
    partner: `${origin}/services/Soap/u/{version}/${organization}`,
    rest: `${data}/`,
    sobjects: `${data}/sobjects/`,
    search: `${data}/search/`,
    query: `${data}/query/`,
    recent: `${data}/recent/`,
    tooling_soap: `${origin}/services/Soap/T/{version}/${organization}`,
    tooling_rest: `${data}/tooling/`,
    profile: `${origin}/${userId}`,
    feeds: `${data}/chatter/feeds`,
    groups: `${data}/chatter/groups`,
    users: `${data}/chatter/users`,
    feed_items: `${data}/chatter/feed-items`,
    feed_elements: `${data}/chatter/feed-elements`,
    custom_domain: origin,
  };
}

function photos(origin: string) {
  return { picture: `${origin}/profilephoto/005/F`, thumbnail: `${origin}/profilephoto/005/T` };
}

/** `2024-12-23T18:40:50Z` */
function wholeSeconds(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}

function idUrl(origin: string, { organizationId, userId }: Identity): string {
  return `${origin}/id/${organizationId}/${userId}`;
}

/** The body of `/id/{organization}/{user}`. */
export function identityAnswer(identity: Identity, origin: string) {
  return {
    id: idUrl(origin, identity),
    asserted_user: true,
    user_id: identity.userId,
    organization_id: identity.organizationId,
    username: identity.username,
    nick_name: identity.nickname,
    display_name: identity.name,
    email: identity.email,
    email_verified: true,
    first_name: identity.firstName,
    last_name: identity.lastName,
    timezone: identity.timeZone,
    photos: photos(origin),
    addr_street: identity.street,
    addr_city: identity.city,
    addr_state: identity.state,
    addr_country: identity.country,
    addr_zip: identity.postalCode,
    mobile_phone: identity.mobilePhone,
    mobile_phone_verified: false,
    is_lightning_login_user: false,
    status: { created_date: null, body: null },
    urls: serviceUrls(origin, identity),
    active: identity.isActive,
    user_type: 'STANDARD',
    language: identity.language,
    locale: identity.locale,
    utcOffset: standardOffsetMs(identity.timeZone),
    last_modified_date: wholeSeconds(identity.lastModified),
  };
}

/** The body of `/services/oauth2/userinfo`. */
export function userinfoAnswer(identity: Identity, origin: string) {
  const { picture, thumbnail } = photos(origin);
  return {
    sub: idUrl(origin, identity),
    user_id: identity.userId,
    organization_id: identity.organizationId,
    preferred_username: identity.username,
    nickname: identity.nickname,
    name: identity.name,
    email: identity.email,
    email_verified: true,
    given_name: identity.firstName,
    family_name: identity.lastName,
    zoneinfo: identity.timeZone,
    photos: { picture, thumbnail },
    profile: `${origin}/${identity.userId}`,
    picture,
    ...(identity.phone === null ? {} : { phone_number: identity.phone, phone_number_verified: false }),
    address: addressOf(identity),
    is_salesforce_integration_user: false,
    urls: serviceUrls(origin, identity),
    active: identity.isActive,
    user_type: 'STANDARD',
    language: identity.language,
    locale: identity.locale,
    utcOffset: standardOffsetMs(identity.timeZone),
    updated_at: wholeSeconds(identity.lastModified),
  };
}

function addressOf(identity: Identity): Record<string, string> {
  const parts = {
    street_address: identity.street,
    locality: identity.city,
    region: identity.state,
    postal_code: identity.postalCode,
    country: identity.country,
  };
  return Object.fromEntries(
    Object.entries(parts).filter((part): part is [string, string] => part[1] !== null),
  );
}
