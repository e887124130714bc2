/** Browsers that a link can look like. Apart from all that needs wreq-js, which whoever reads our types may not have. */
export const fingerprints = ['chrome', 'firefox', 'safari', 'edge'] as const

/** One of {@link fingerprints}. */
export type Fingerprint = (typeof fingerprints)[number]
