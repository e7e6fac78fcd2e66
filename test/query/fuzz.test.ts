/** A share of what `npm run fuzz:soql` runs. */
import { expect, it } from 'vitest';
import { fuzz } from './fuzz.js';

it('statements nobody wrote are refused or planned, never anything else', () => {
  const { accepted, refused } = fuzz(2_000);
  expect(accepted).toBeGreaterThan(5);
  expect(refused).toBeGreaterThan(500);
});
