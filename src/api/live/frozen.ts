/** The floor hands out readonly records; on the wire that makes no difference. */
export type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;
