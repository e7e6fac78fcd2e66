/** What a user may tell the world about themselves: the rows behind the identity URL, userinfo and SOAP's userInfo. */
import type { Queryable } from '../store/database.js';

export interface Identity {
  readonly userId: string;
  readonly username: string;
  readonly nickname: string | null;
  readonly name: string;
  readonly firstName: string | null;
  readonly lastName: string;
  readonly email: string;
  readonly phone: string | null;
  readonly mobilePhone: string | null;
  readonly street: string | null;
  readonly city: string | null;
  readonly state: string | null;
  readonly postalCode: string | null;
  readonly country: string | null;
  readonly isActive: boolean;
  readonly timeZone: string;
  readonly locale: string;
  readonly language: string;
  readonly profileId: string;
  readonly roleId: string | null;
  /** Epoch milliseconds. */
  readonly lastModified: number;
  readonly organizationId: string;
  readonly organizationName: string;
  readonly isSandbox: boolean;
}

/** The user and the organization; undefined if there is no such user. */
export async function findIdentity(db: Queryable, userId: string): Promise<Identity | undefined> {
  const [row] = await db.query<Identity>(
    `SELECT u.id AS "userId", u.username, u.community_nickname AS nickname, u.name, u.first_name AS "firstName",
            u.last_name AS "lastName", u.email, u.phone, u.mobile_phone AS "mobilePhone", u.street, u.city,
            u.state, u.postal_code AS "postalCode", u.country, u.is_active AS "isActive",
            u.time_zone_sid_key AS "timeZone", u.locale_sid_key AS locale, u.language_locale_key AS language,
            u.profile_id AS "profileId", u.user_role_id AS "roleId", u.last_modified_date AS "lastModified",
            o.id AS "organizationId", o.name AS "organizationName", o.is_sandbox AS "isSandbox"
       FROM so_user u CROSS JOIN so_organization o WHERE u.id = $1`,
    [userId],
    'access.identity',
  );
  return row;
}
