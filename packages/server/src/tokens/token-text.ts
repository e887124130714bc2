import { createHash } from 'node:crypto'

/**
 * Prefixes with which a token can be registered by a hash: `sha256:` with the SHA-256 that clients send in the query,
 * or `sha256x2:` with the SHA-256 of those 64 hex digits, which cannot be used to log in. Else it is registered by its
 * text.
 */
const hashForms = ['sha256:', 'sha256x2:'] as const

/** Whether a token is registered by its hash alone. */
export function isHashed(token: string): boolean {
  return hashForms.some((form) => token.startsWith(form))
}

/** Fault of a text that begins like a hash but is none; undefined for a valid text. */
export function hashFault(token: string): string | undefined {
  const form = hashForms.find((each) => token.startsWith(each))
  if (form === undefined || /^[0-9a-f]{64}$/.test(token.slice(form.length))) return undefined
  return `a token that begins with ${form} must continue with 64 lowercase hex digits`
}

/**
 * Key of a registered token in tables. It reveals nothing about the text that clients send, so a lookup by it needs no
 * constant time.
 */
export function tokenKey(token: string): string {
  if (token.startsWith('sha256x2:')) return token.slice('sha256x2:'.length)
  return hash(token.startsWith('sha256:') ? token.slice('sha256:'.length) : hash(token))
}

/** {@link tokenKey} of the hash that a client sends in the query: lowercase hex SHA-256. */
export function keyOfHash(tokenHash: string): string {
  return hash(tokenHash)
}

/** {@link tokenKey} of the text that a client sends in Auth, where only the text itself counts. */
export function keyOfClearText(token: string): string {
  return hash(hash(token))
}

/**
 * Name of a token in logs and lists, where its text must not appear: the start of its SHA-256, or of the registered
 * hash.
 */
export function tokenId(token: string): string {
  const digest = isHashed(token) ? token.slice(token.indexOf(':') + 1) : hash(token)
  return digest.slice(0, 12)
}

/**
 * Name of a client process in lists. The id that the process sends must not appear there: at a relay, that id leads to
 * its identity. 64 bits are enough to tell the processes of a server apart.
 */
export function instanceId(instance: string): string {
  return hash(instance).slice(0, 16)
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
