/** A host name on the wire, in bytes: its length field is one byte (RFC 1928 §5); SOCKS4a takes the same limit. */
export const MAX_DOMAIN_BYTES = 255

/** A user name or a password, in bytes: each length field is one byte (RFC 1929 §2). */
export const MAX_CREDENTIAL_BYTES = 255

/** A SOCKS4 user id, in bytes. The protocol sets no limit, so an endless one would fill memory. */
export const MAX_USER_ID_BYTES = 255

/**
 * The most a handshake keeps of an unfinished message, in bytes: a SOCKS4a request with both its texts at their limit.
 * Every SOCKS5 message is shorter.
 */
export const MAX_MESSAGE_BYTES = 8 + MAX_USER_ID_BYTES + 1 + MAX_DOMAIN_BYTES + 1

/** A whole UDP datagram, header included, in bytes: what IPv4 can carry (65535 − 20 − 8). */
export const MAX_DATAGRAM_BYTES = 65_507

/** Time for a whole handshake, in milliseconds, so that a silent peer holds neither socket nor memory. */
export const DEFAULT_HANDSHAKE_DEADLINE_MS = 10_000

/** Time from a request to its answer, in milliseconds: longer than any sensible dial, so that nothing waits for ever. */
export const DEFAULT_ANSWER_DEADLINE_MS = 60_000

/** Handshakes a server runs at once: beyond it, new clients are cut instead of filling the table of open files. */
export const DEFAULT_MAX_HANDSHAKES = 1024

/** Time a refused client has to read the refusal and hang up, in milliseconds; then its socket is destroyed. */
export const LINGER_MS = 1000
