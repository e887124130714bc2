/** Longest host name on the wire, in bytes: its length field is one byte (RFC 1928 §5). SOCKS4a gets the same limit. */
export const maxDomainBytes = 255

/** Longest user name or password, in bytes: each length field is one byte (RFC 1929 §2). */
export const maxCredentialBytes = 255

/** Longest SOCKS4 user id, in bytes. The protocol sets no limit, so an endless one would fill memory. */
export const maxUserIdBytes = 255

/**
 * Most bytes that a handshake keeps of an unfinished message: those of a SOCKS4a request with both its texts at their
 * limit. Every SOCKS5 message is shorter.
 */
export const maxMessageBytes = 8 + maxUserIdBytes + 1 + maxDomainBytes + 1

/** Largest UDP datagram, header included, in bytes: the most that IPv4 can carry (65535 − 20 − 8). */
export const maxDatagramBytes = 65_507

/** Time for a whole handshake, in milliseconds, so that a silent peer does not keep a socket and memory. */
export const defaultHandshakeTimeoutMs = 10_000

/**
 * Time from a request to its answer, in milliseconds: longer than any sensible dial, so that nothing waits forever.
 */
export const defaultAnswerTimeoutMs = 60_000

/**
 * Most handshakes at the same time: beyond it, new clients are cut, so that they do not fill the table of open files.
 */
export const defaultMaxHandshakes = 1024

/** Time for a refused client to read the refusal and close, in milliseconds; then its socket is destroyed. */
export const lingerMs = 1000
