import { randomBytes } from 'node:crypto'

/**
 * Number of hex digits that name a process in the ids of its sessions: 4 bytes, so that among 100 processes a collision
 * has a chance of one in a million.
 */
const ownerIdDigits = 8

/** Number of hex digits in the id of a session: 16 bytes. */
const sessionIdDigits = 32

/** Creates a name for this process, as hex. */
export function makeOwnerId(): string {
  return randomHex(ownerIdDigits)
}

/**
 * Creates the id of a new session, as hex: the owner, and 96 random bits. Without an owner all of it is random. Only
 * the secret of the session lets a client resume it, so an id that shows its owner gives no access.
 */
export function makeSessionId(ownerId = ''): string {
  return ownerId + randomHex(sessionIdDigits - ownerId.length)
}

/** The process that created the id of a session, if the id contains one. */
export function ownerIdOf(sessionId: string): string {
  return sessionId.slice(0, ownerIdDigits)
}

function randomHex(digits: number): string {
  return randomBytes(digits / 2).toString('hex')
}
