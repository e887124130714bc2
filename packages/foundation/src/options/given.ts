/** Options after their defaults: each is present, and none is undefined. `Required` would keep the undefined. */
export type Given<T> = { [K in keyof T]-?: Exclude<T[K], undefined> }
