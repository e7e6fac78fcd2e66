/** The emitter under the live client. */

import { expect, it, vi } from 'vitest';
import { createEmitter } from '../../src/live-client/emitter.js';

it('tells every listener, until it is taken off', () => {
  const emitter = createEmitter<{ n: number }>();
  const heard: string[] = [];
  const off = emitter.on('n', (n) => heard.push(`a${n}`));
  emitter.on('n', (n) => heard.push(`b${n}`));
  emitter.emit('n', 1);
  off();
  emitter.emit('n', 2);
  expect(heard).toEqual(['a1', 'b1', 'b2']);
});

it('does not let a listener that throws silence the next, nor hides its error', () => {
  const thrown: (() => void)[] = [];
  const spy = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((callback) => {
    thrown.push(callback);
  });
  const emitter = createEmitter<{ n: number }>();
  const heard: number[] = [];
  emitter.on('n', () => {
    throw new Error('mine');
  });
  emitter.on('n', (n) => heard.push(n));
  emitter.emit('n', 1);
  spy.mockRestore();
  expect(heard).toEqual([1]);
  expect(thrown).toHaveLength(1);
  expect(thrown[0]).toThrow('mine');
});
