/** Shortest bulk message: payload of a packet of 1500 bytes with the headers of Data, WebSocket, TLS, TCP and IPv6. */
export const minMessageBytes = 1380

/**
 * Limit at the start: two round trips of a new connection (RFC 6928 has 14 KiB for the first), so that no connection
 * starts slower.
 */
export const startBytes = 32_768

/** Limit at the start for a peer that acknowledges every 50 ms only: 20 Mbit/s from the beginning. */
export const lateStartBytes = 131_072
