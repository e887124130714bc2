/** Largest lead of a copy over the main transport, in messages: a receiver keeps at most so many numbers. */
export const maxEarlyMessages = 8192
