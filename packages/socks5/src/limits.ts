/** A host name on the wire, in bytes: its length field is one byte (RFC 1928 §5); SOCKS4a takes the same limit. */
export const maxDomainBytes = 255

/** A user name or a password, in bytes: each length field is one byte (RFC 1929 §2). */
export const maxCredentialBytes = 255

/** A SOCKS4 user id, in bytes. The protocol sets no limit, so an endless one would fill memory. */
export const maxUserIdBytes = 255

/**
 * The most a handshake keeps of an unfinished message, in bytes: a SOCKS4a request with both its texts at their limit.
 * Every SOCKS5 message is shorter.
 */
export const maxMessageBytes = 8 + maxUserIdBytes + 1 + maxDomainBytes + 1

/** A whole UDP datagram, header included, in bytes: what IPv4 can carry (65535 − 20 − 8). */
export const maxDatagramBytes = 65_507

/** Time for a whole handshake, in milliseconds, so that a silent peer holds neither socket nor memory. */
export const defaultHandshakeTimeoutMs = 10_000

/**
 * Time from a request to its answer, in milliseconds: longer than any sensible dial, so that nothing waits forever.
 */
export const defaultAnswerTimeoutMs = 60_000

/** Concurrent handshakes of a server: beyond it, new clients are cut instead of filling the table of open files. */
export const defaultMaxHandshakes = 1024

/** Time a refused client has to read the refusal and close, in milliseconds; then its socket is destroyed. */
export const lingerMs = 1000
