import { describe, expect, it } from 'vitest';
import {
  generatePassword,
  hashPassword,
  needsRehash,
  PASSWORD_COST,
  passwordProblem,
  setPasswordCost,
  verifyNothing,
  verifyPassword,
} from '../../src/access/passwords.js';

/** `secret-1` hashed with 2^14, as an older version might have done. */
const OLDER = '$scrypt$ln=14,r=8,p=1$AAECAwQFBgcICQoLDA0ODw==$p8sU5CONAVbTfXvu1H6jGNbIo0tMusJ2Fn/9sf0csS0=';

// Other tests make hashes cheap; these are about the real ones.
setPasswordCost(PASSWORD_COST);

describe('passwords', () => {
  it('verify against their own hash only', async () => {
    const hash = await hashPassword('correct horse');
    expect(await verifyPassword('correct horse', hash)).toBe(true);
    expect(await verifyPassword('correct horsf', hash)).toBe(false);
    expect(await verifyPassword('', hash)).toBe(false);
  });

  it('are salted: the same one never hashes alike', async () => {
    expect(await hashPassword('same')).not.toBe(await hashPassword('same'));
  });

  it('are the same however an accent was typed', async () => {
    const hash = await hashPassword('caf\u00e9 au lait');
    expect(await verifyPassword('cafe\u0301 au lait', hash)).toBe(true);
  });

  it('hashed with older parameters still verify, and ask to be hashed again', async () => {
    expect(await verifyPassword('secret-1', OLDER)).toBe(true);
    expect(needsRehash(OLDER)).toBe(true);
    expect(needsRehash(await hashPassword('x'))).toBe(false);
  });

  it('cost what is recommended', async () => {
    expect(await hashPassword('x')).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$/);
  });

  it('of nobody are always wrong', async () => {
    expect(await verifyNothing('anything')).toBe(false);
  });

  it('generated are long, differ, and are good passwords', () => {
    const generated = Array.from({ length: 50 }, generatePassword);
    expect(new Set(generated).size).toBe(50);
    for (const password of generated) {
      expect(password).toMatch(/^[a-zA-Z2-9]{20}$/);
      expect(passwordProblem(password)).toBeUndefined();
    }
  });

  it('too short or too long are named as such', () => {
    expect(passwordProblem('1234567')).toMatch(/at least 8/);
    expect(passwordProblem('x'.repeat(257))).toMatch(/at most 256/);
  });
});
