/**
 * Session and refresh tokens: random, opaque, kept as SHA-256 only. A token's text exists in the answer that gives it
 * and in the caller's hands, never in a row or a log (DECISIONS 11).
 */
import { hash, randomBytes } from 'node:crypto';

const TOKEN_BYTES = 32;
/** No token of ours is longer; what is longer is refused before it is hashed. */
const MAX_TOKEN_LENGTH = 256;

/** `00D…!AQ…`: the organization's 15-character id, then 32 random bytes. */
export function newAccessToken(organizationId: string): string {
  return `${organizationId.slice(0, 15)}!AQ${randomBytes(TOKEN_BYTES).toString('base64url')}`;
}

/** A refresh token; it looks like no access token. */
export function newRefreshToken(): string {
  return `5Aep${randomBytes(TOKEN_BYTES).toString('base64url')}`;
}

/** A client secret. */
export function newSecret(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** Whether text could be a token at all. */
export function isTokenText(text: string): boolean {
  return text.length > 0 && text.length <= MAX_TOKEN_LENGTH && /^[\x21-\x7e]+$/.test(text);
}

/** What is stored of a token. 256 random bits need no salt and no slow hash. */
export function hashToken(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}

/** Names a session in logs and error texts without giving it away. */
export function sessionIdOf(hashed: Buffer): string {
  return hashed.toString('base64url').slice(0, 22);
}
