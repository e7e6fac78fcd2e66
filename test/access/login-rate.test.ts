import { describe, expect, it } from 'vitest';
import { createLoginRate } from '../../src/access/login-rate.js';

describe('the rate of log-ins from an address', () => {
  it('is a hundred at once and five a second after that, each address by itself', () => {
    let clock = 0;
    const rate = createLoginRate(() => clock);
    const tries = (address: string, count: number) =>
      Array.from({ length: count }, () => rate.allow(address)).filter(Boolean).length;
    expect(tries('192.0.2.1', 150)).toBe(100);
    expect(tries('192.0.2.2', 1)).toBe(1);
    clock += 2_000;
    expect(tries('192.0.2.1', 50)).toBe(10);
    clock += 3_600_000;
    expect(tries('192.0.2.1', 150)).toBe(100);
  });

  it('counts all addresses of an IPv6 network as one', () => {
    const rate = createLoginRate(() => 0);
    const allowed = Array.from({ length: 150 }, (_, host) => rate.allow(`2001:db8::${host.toString(16)}`));
    expect(allowed.filter(Boolean)).toHaveLength(100);
  });
});
