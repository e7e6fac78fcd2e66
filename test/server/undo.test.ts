import { expect, test } from 'vitest';
import { createUndo } from '../../src/server/undo.js';

test('steps run last first, all of them even when one fails, and only once', async () => {
  const ran: number[] = [];
  const undo = createUndo();
  undo.add(async () => void ran.push(1));
  undo.add(async () => {
    ran.push(2);
    throw new Error('two');
  });
  undo.add(async () => void ran.push(3));
  const first = undo.run();
  const second = undo.run();
  await expect(first).rejects.toThrow('two');
  await expect(second).rejects.toThrow('two');
  expect(ran).toEqual([3, 2, 1]);
});
