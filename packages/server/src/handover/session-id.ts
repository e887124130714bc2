import { randomBytes } from 'node:crypto'

/**
 * Hex digits that name a process in the ids of its sessions: 4 bytes, so that 100 processes have one in common once in
 * a million.
 */
const ownerIdDigits = 8

/** Hex digits of the id of a session: 16 bytes. */
const sessionIdDigits = 32

/** A name for this process, as hex. */
export function makeOwnerId(): string {
  return randomHex(ownerIdDigits)
}

/**
 * The id of a new session, as hex: who owns it, and 96 bits that nobody can guess. Without an owner all of it is
 * random. The secret of the session proves who may resume it, so an id that tells its owner opens nothing.
 */
export function makeSessionId(ownerId = ''): string {
  return ownerId + randomHex(sessionIdDigits - ownerId.length)
}

/** The process that made the id of a session, if that names one. */
export function ownerIdOf(sessionId: string): string {
  return sessionId.slice(0, ownerIdDigits)
}

function randomHex(digits: number): string {
  return randomBytes(digits / 2).toString('hex')
}
