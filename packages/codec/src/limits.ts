const mebibyte = 1024 * 1024

/** Largest message, in bytes, header included (protocol.md): the size that deployed peers accept. */
export const maxMessageBytes = 32 * mebibyte

/** Default limit, in bytes, of the inflated gzip payload of one message (protocol.md §2). */
export const defaultMaxInflatedBytes = 64 * mebibyte

/** Longest host name or IP literal, in UTF-8 bytes: its length field is one byte. */
export const maxAddressBytes = 0xff

/** Longest token, in UTF-8 bytes: its length field is one byte. */
export const maxTokenBytes = 0xff

/** Longest error text, in UTF-8 bytes: its length field is one byte. Longer text is cut when encoding. */
export const maxErrorBytes = 0xff

/** Longest session secret, in bytes: its length field in Resume is one byte. */
export const maxSecretBytes = 0xff

/**
 * Largest JSON body, in bytes. Bodies are a log line, a count or a few addresses; parsing more would block every
 * channel of the process.
 */
export const maxJsonBytes = mebibyte

/** Largest credit of one Window or Hello, in bytes: the width of the Credit field. */
export const maxCreditBytes = 0xffff_ffff

/** First credit of a channel, in bytes, where Hello gives none (protocol.md §3). */
export const defaultWindowBytes = 256 * 1024

/** Longest `grace` in a Hello, in seconds (24 days): the longest JavaScript timer. */
export const maxGraceSeconds = 2_147_483
