import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiUsage } from '../../src/access/api-usage.js';
import { type TestStore, testStore } from '../support/store.js';
import { setFloorTime } from '../support/time.js';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());

const open = () => createApiUsage({ db: store.db, limit: 5_000_000 });

describe('the count of API calls', () => {
  it('goes up with each call, is written down at most once a second, and outlives the server', async () => {
    const usage = await open();
    store.statements.length = 0;
    for (let call = 1; call <= 100; call++) expect(usage.count()).toEqual({ used: call, limit: 5_000_000 });
    expect(store.statements).toEqual([]);
    await usage.close();
    expect((await open()).current().used).toBe(100);
  });

  it('adds up over servers', async () => {
    const [one, two] = await Promise.all([open(), open()]);
    one.count();
    two.count();
    two.count();
    const writes = [one.flush(), two.flush()];
    two.count();
    // another write while one is under way must not write its calls twice
    writes.push(two.flush());
    await Promise.all(writes);
    await two.flush();
    expect(two.current().used).toBe(104);
  });

  it('forgets what is older than a day', async () => {
    await setFloorTime(store.db, { offsetMs: 25 * 3_600_000 });
    expect((await open()).current().used).toBe(0);
  });
});
