import { channelIdBytes } from '../message/channel-id.js'
import { encodeText } from './text.js'

/**
 * Checks an id of 16 bytes. In this and the other checks, a wrong kind is a TypeError and a wrong size a RangeError.
 */
export function checkId(id: Uint8Array, field: string): Uint8Array {
  return checkBytes(id, field, channelIdBytes, channelIdBytes)
}

export function checkBytes(bytes: Uint8Array, field: string, minBytes: number, maxBytes: number): Uint8Array {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`${field} must be a Uint8Array`)
  checkSize(bytes.length, field, minBytes, maxBytes)
  return bytes
}

export function checkText(text: string, field: string, minBytes: number, maxBytes: number): Uint8Array {
  if (typeof text !== 'string') throw new TypeError(`${field} must be a string`)
  const bytes = encodeText(text)
  checkSize(bytes.length, field, minBytes, maxBytes)
  return bytes
}

export function checkInteger(value: number, field: string, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new RangeError(`${field} must be a whole number from ${min} to ${max}, it is ${value}`)
}

/** Checks a value that TypeScript rules out but JavaScript callers can still pass. */
export function checkOneOf<T extends string>(value: T, field: string, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value
  throw new TypeError(`${field} must be one of ${allowed.join(', ')}, it is ${value}`)
}

function checkSize(length: number, field: string, minBytes: number, maxBytes: number): void {
  if (length >= minBytes && length <= maxBytes) return
  const limit = minBytes === maxBytes ? `${minBytes}` : `${minBytes} to ${maxBytes}`
  throw new RangeError(`${field} must have ${limit} bytes, it has ${length}`)
}
