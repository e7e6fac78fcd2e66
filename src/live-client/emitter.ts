/**
 * A typed event emitter of the few lines a browser bundle needs. Invariant: a listener that throws does not keep the
 * others from hearing; its error is rethrown on its own turn, where the host reports it.
 */

export interface Emitter<M extends object> {
  /** Returns the function that takes the listener off again. */
  on<K extends keyof M>(key: K, listener: (value: M[K]) => void): () => void;
  emit<K extends keyof M>(key: K, value: M[K]): void;
}

export function createEmitter<M extends object>(): Emitter<M> {
  const listeners = new Map<keyof M, Set<(value: never) => void>>();
  return {
    on(key, listener) {
      const of = listeners.get(key) ?? new Set();
      listeners.set(key, of);
      of.add(listener);
      return () => of.delete(listener);
    },
    emit(key, value) {
      for (const listener of [...(listeners.get(key) ?? [])]) {
        try {
          (listener as (value: unknown) => void)(value);
        } catch (error) {
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    },
  };
}
