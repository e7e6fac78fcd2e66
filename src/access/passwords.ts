/**
 * Passwords as scrypt hashes. The parameters stand in the hash, so they can be raised: an older hash still verifies
 * and is replaced at the next log-in. Nothing here knows users.
 */
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

export interface PasswordCost {
  /** log2 of the work factor N. */
  readonly ln: number;
  /** Block size; memory is 128 · r · N bytes. */
  readonly r: number;
  /** How often the work is done. */
  readonly p: number;
}

/** 32 MB and some tenths of a second: OWASP's recommendation of 2024. */
export const PASSWORD_COST: PasswordCost = { ln: 15, r: 8, p: 3 };

let current = PASSWORD_COST;

/** What new hashes cost from now on. Tests make them cheap; the server never calls it. */
export function setPasswordCost(cost: PasswordCost): void {
  current = cost;
}

const SALT_BYTES = 16;
const KEY_BYTES = 32;
/** The longest password hashed; a longer one is refused before it costs anything. */
export const MAX_PASSWORD_LENGTH = 256;
export const MIN_PASSWORD_LENGTH = 8;

interface Hash {
  readonly ln: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Buffer;
  readonly key: Buffer;
}

const FORMAT = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+)$/;

function parse(text: string): Hash {
  const match = FORMAT.exec(text);
  if (match === null) throw new Error('not a scrypt hash');
  const [, ln, r, p, salt = '', key = ''] = match;
  return {
    ln: Number(ln),
    r: Number(r),
    p: Number(p),
    salt: Buffer.from(salt, 'base64'),
    key: Buffer.from(key, 'base64'),
  };
}

function derive(password: string, salt: Buffer, { ln, r, p }: PasswordCost, length: number) {
  const options: ScryptOptions = { N: 2 ** ln, r, p, maxmem: 2 * 128 * r * 2 ** ln };
  return new Promise<Buffer>((resolve, reject) => {
    // NFKC: the same password typed on another keyboard or system gives the same bytes
    scrypt(password.normalize('NFKC'), salt, length, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

/** The text to store for a password. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(password, salt, current, KEY_BYTES);
  const { ln, r, p } = current;
  return `$scrypt$ln=${ln},r=${r},p=${p}$${salt.toString('base64')}$${key.toString('base64')}`;
}

/** Whether the password is the hash's; takes the same time whatever differs. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const { salt, key, ...parameters } = parse(hash);
  const derived = await derive(password, salt, parameters, key.length);
  return timingSafeEqual(derived, key);
}

/** Whether a hash was made with other parameters than today's. */
export function needsRehash(hash: string): boolean {
  const { ln, r, p } = parse(hash);
  return ln !== current.ln || r !== current.r || p !== current.p;
}

let unknownUserHash: Promise<string> | undefined;

/** As long as a real check, always false: an unknown user must not answer faster than a known one. */
export async function verifyNothing(password: string): Promise<false> {
  unknownUserHash ??= hashPassword(randomBytes(SALT_BYTES).toString('hex'));
  await verifyPassword(password, await unknownUserHash);
  return false;
}

/** A password nobody has to invent: 20 characters without look-alikes, over 110 bits. */
export function generatePassword(): string {
  const alphabet = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
  let text = '';
  while (text.length < 20) {
    for (const byte of randomBytes(32)) {
      // bytes past the last whole multiple would favour the first letters
      if (byte < 256 - (256 % alphabet.length) && text.length < 20) text += alphabet[byte % alphabet.length];
    }
  }
  return text;
}

/** What is wrong with a new password, or undefined. */
export function passwordProblem(password: string): string | undefined {
  if (password.length < MIN_PASSWORD_LENGTH)
    return `a password has at least ${MIN_PASSWORD_LENGTH} characters`;
  if (password.length > MAX_PASSWORD_LENGTH)
    return `a password has at most ${MAX_PASSWORD_LENGTH} characters`;
  return undefined;
}
