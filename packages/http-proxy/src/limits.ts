/** Longest host name, in bytes: what a name server and the Connect message (protocol.md §1) take. */
export const maxHostBytes = 255

/** Longest `user:password`, in bytes; what comes from a client fits its head anyway, see `maxHeadBytes`. */
export const maxCredentialsBytes = 4096

/** How long we keep reading from a refused client, in milliseconds: closing with unread bytes could lose the reason. */
export const lingerMs = 1000
