/** Browsers that a link can imitate. In a file without wreq-js, which users of our types may not have installed. */
export const fingerprints = ['chrome', 'firefox', 'safari', 'edge'] as const

/** One of {@link fingerprints}. */
export type Fingerprint = (typeof fingerprints)[number]
