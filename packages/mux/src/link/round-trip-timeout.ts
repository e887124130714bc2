/** Timeout of RFC 6298 §2.1 for a path that is not measured yet, in milliseconds. */
export const initialTimeoutMs = 1000
