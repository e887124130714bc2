/** Longest host name, in bytes: the longest that name servers and the Connect message (protocol.md §1) accept. */
export const maxHostBytes = 255

/** Longest `user:password`, in bytes. Texts of clients are limited by `maxHeadBytes` anyway. */
export const maxCredentialsBytes = 4096

/** Time to read further bytes of a refused client, in milliseconds: closing with unread bytes could lose the reason. */
export const lingerMs = 1000
