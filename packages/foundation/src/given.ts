/** Options after their defaults: each is there, and none is undefined. `Required` would leave the undefined. */
export type Given<T> = { [K in keyof T]-?: Exclude<T[K], undefined> }
