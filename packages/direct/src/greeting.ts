import { textOf } from '@ls/foundation'
import { DirectError } from './errors.js'

/** Largest message before a session begins, in bytes: a description of a path has at most a few kilobytes. */
export const maxGreetingBytes = 16_384

/** Purpose of a connection: to negotiate a path (`offer`), or to carry the session (`move`). */
export type Purpose = 'offer' | 'move'

/** First message, from the connector. */
export interface Hello {
  readonly kind: 'hello'
  readonly purpose: Purpose
  /** Id of the session, 32 hexadecimal digits. */
  readonly session: string
  readonly nonce: string
  /** Whether the connector makes spans; absent from older ones. Not proven: nothing depends on it but a trace. */
  readonly trace?: boolean | undefined
  readonly mac: string
}

/** Answer of a provider that has the token. */
export interface Welcome {
  readonly kind: 'welcome'
  readonly nonce: string
  /** Name of the provider's process; absent from older ones. Not proven: it only spreads the load. */
  readonly provider?: string | undefined
  /** Whether the provider makes spans; as in `hello`. */
  readonly trace?: boolean | undefined
  readonly mac: string
}

/** Position at which the sender continues: the number of the last message that it received. */
interface Move {
  readonly kind: 'move' | 'moved'
  readonly received: number
  readonly mac: string
}

/** Addresses of the sender: a description of the session (SDP, RFC 8866). */
interface Description {
  readonly kind: 'offer' | 'answer'
  readonly sdp: string
  readonly mac: string
}

/** Refusal by the provider. */
interface Refusal {
  readonly kind: 'refused'
  readonly reason: string
}

/** Messages of two ends before a session begins or continues (protocol.md §3.10). */
export type Greeting = Hello | Welcome | Move | Description | Refusal

/** Encodes a greeting as the bytes of one message: JSON. */
export function encodeGreeting(greeting: Greeting): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(greeting))
}

/** Decodes a greeting. @throws DirectError for invalid bytes */
export function decodeGreeting(bytes: Uint8Array): Greeting {
  const greeting = readGreeting(parse(bytes))
  if (greeting === undefined) throw broken('the peer sent no greeting of the direct path')
  return greeting
}

function parse(bytes: Uint8Array): Record<string, unknown> {
  if (bytes.length > maxGreetingBytes)
    throw broken(`the peer sent a greeting of ${bytes.length} bytes; the limit is ${maxGreetingBytes}`)
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch (error) {
    throw broken(`the peer sent no greeting of the direct path: ${textOf(error)}`)
  }
  throw broken('the peer sent no greeting of the direct path')
}

function readGreeting({ kind, nonce, mac, sdp, ...more }: Record<string, unknown>) {
  const { purpose, session, provider, received, reason } = more
  const traced = more['trace'] === true && { trace: true }
  if (kind === 'refused' && isText(reason)) return { kind, reason: reason.slice(0, maxReasonLength) } as const
  if (!isHex(mac, 64)) return undefined
  if (kind === 'hello' && (purpose === 'offer' || purpose === 'move') && isHex(session, 32) && isHex(nonce, 32))
    return { kind, purpose, session, nonce, mac, ...traced } as const
  if (kind === 'welcome' && isHex(nonce, 32))
    return { kind, nonce, mac, ...(isHex(provider, 32) && { provider }), ...traced } as const
  if ((kind === 'move' || kind === 'moved') && isCount(received)) return { kind, received, mac } as const
  if ((kind === 'offer' || kind === 'answer') && isText(sdp)) return { kind, sdp, mac } as const
  return undefined
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isHex(value: unknown, digits: number): value is string {
  return isText(value) && value.length === digits && /^[0-9a-f]*$/.test(value)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function broken(text: string): DirectError {
  return new DirectError('ERR_DIRECT_PROTOCOL', text)
}

/** Longest reason: it is written to the log. */
const maxReasonLength = 256
