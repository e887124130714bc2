import { concatBytes } from '../bytes.js'
import { type Destination, unspecifiedDestination } from '../destination.js'
import { hex, SocksError } from '../errors.js'
import type { Parsed } from '../handshake-reader.js'
import { maxCredentialBytes } from '../limits.js'
import { decodeReplyCode, encodeReplyCode, type ReplyCode } from '../reply.js'
import { decodeDestination, destinationByteLength, encodeDestination } from './address.js'

// Each `read…` below returns undefined while its message is incomplete, and throws a SocksError as soon as it is wrong.

export const socks5Version = 0x05
/** RFC 1929 counts its own messages. */
const credentialsVersion = 0x01

export const authMethod = { none: 0x00, password: 0x02, unacceptable: 0xff } as const

const socks5Command = { connect: 0x01, udpAssociate: 0x03, torResolve: 0xf0, torResolvePtr: 0xf1 } as const

/** CONNECT or UDP ASSOCIATE (RFC 1928 §4); BIND is not supported. */
export type RequestCommand = 'connect' | 'udp-associate'

/**
 * The client's first message (RFC 1928 §3):
 *
 *     +-----+----------+----------+
 *     | VER | NMETHODS | METHODS  |
 *     +-----+----------+----------+
 *     |  1  |    1     | 0 to 255 |
 *     +-----+----------+----------+
 */
export function encodeGreeting(methods: readonly number[]): Uint8Array {
  return Uint8Array.of(socks5Version, methods.length, ...methods)
}

export function readGreeting(bytes: Uint8Array): Parsed<Uint8Array> | undefined {
  checkVersion(bytes[0])
  const end = 2 + (bytes[1] ?? Number.POSITIVE_INFINITY)
  if (bytes.length < end) return undefined
  return { value: bytes.subarray(2, end), byteLength: end }
}

/** The server's choice: `VER METHOD`. */
export function encodeMethod(method: number): Uint8Array {
  return Uint8Array.of(socks5Version, method)
}

export function readMethod(bytes: Uint8Array): Parsed<number> | undefined {
  checkVersion(bytes[0])
  const method = bytes[1]
  return method === undefined ? undefined : { value: method, byteLength: 2 }
}

export interface Credentials {
  readonly username: Uint8Array
  readonly password: Uint8Array
}

/**
 * User and password (RFC 1929 §2):
 *
 *     +-----+------+----------+------+----------+
 *     | VER | ULEN |  UNAME   | PLEN |  PASSWD  |
 *     +-----+------+----------+------+----------+
 *     |  1  |  1   | 1 to 255 |  1   | 1 to 255 |
 *     +-----+------+----------+------+----------+
 *
 * An empty password is accepted, since clients send one where the user set none.
 */
export function encodeCredentials({ username, password }: Credentials): Uint8Array {
  const bytes = new Uint8Array(3 + username.length + password.length)
  bytes[0] = credentialsVersion
  bytes[1] = checkCredential(username, 'user name')
  bytes.set(username, 2)
  bytes[2 + username.length] = checkCredential(password, 'password')
  bytes.set(password, 3 + username.length)
  return bytes
}

export function readCredentials(bytes: Uint8Array): Parsed<Credentials> | undefined {
  checkVersion(bytes[0], credentialsVersion)
  const usernameEnd = 2 + (bytes[1] ?? Number.POSITIVE_INFINITY)
  const end = usernameEnd + 1 + (bytes[usernameEnd] ?? Number.POSITIVE_INFINITY)
  if (bytes.length < end) return undefined
  const value = { username: bytes.subarray(2, usernameEnd), password: bytes.subarray(usernameEnd + 1, end) }
  return { value, byteLength: end }
}

/** Encodes the result of the check of user and password: `VER STATUS`, where zero means accepted. */
export function encodeAuthStatus(accepted: boolean): Uint8Array {
  return Uint8Array.of(credentialsVersion, accepted ? 0x00 : 0x01)
}

/** Reads the result. Ignores the version: some proxies write 5 there, and only the status matters. */
export function readAuthStatus(bytes: Uint8Array): Parsed<boolean> | undefined {
  const status = bytes[1]
  return status === undefined ? undefined : { value: status === 0x00, byteLength: 2 }
}

export interface Socks5Request {
  readonly command: RequestCommand
  readonly destination: Destination
}

/**
 * The client's request (RFC 1928 §4):
 *
 *     +-----+-----+-----+------+----------+----------+
 *     | VER | CMD | RSV | ATYP | DST.ADDR | DST.PORT |
 *     +-----+-----+-----+------+----------+----------+
 *     |  1  |  1  |  1  |  1   | variable |    2     |
 *     +-----+-----+-----+------+----------+----------+
 */
export function encodeRequest({ command, destination }: Socks5Request): Uint8Array {
  const byte = command === 'connect' ? socks5Command.connect : socks5Command.udpAssociate
  return concatBytes(Uint8Array.of(socks5Version, byte, 0x00), encodeDestination(destination))
}

export function readRequest(bytes: Uint8Array): Parsed<Socks5Request> | undefined {
  checkVersion(bytes[0])
  if (bytes[1] === undefined) return undefined
  const command = decodeCommand(bytes[1])
  const parsed = decodeDestination(bytes, 3)
  return parsed && { value: { command, destination: parsed.value }, byteLength: 3 + parsed.byteLength }
}

export interface Socks5Reply {
  readonly code: ReplyCode
  /** The byte from the proxy. Useful where `code` is `failed` because the byte has no word. */
  readonly byte: number
  /** Undefined where the request failed, or where the proxy sent no valid address. */
  readonly bound: Destination | undefined
}

/** The server's answer: as the request, with REP in place of CMD and the bound address (RFC 1928 §6). */
export function encodeReply(code: ReplyCode, bound: Destination = unspecifiedDestination): Uint8Array {
  return concatBytes(Uint8Array.of(socks5Version, encodeReplyCode(code, 5), 0x00), encodeDestination(bound))
}

export function readReply(bytes: Uint8Array): Parsed<Socks5Reply> | undefined {
  checkVersion(bytes[0])
  const byte = bytes[1]
  if (byte === undefined) return undefined
  const code = decodeReplyCode(byte, 5)
  // Some proxies send no address with a failure, so waiting for one could hide the reason.
  if (code !== 'succeeded') return { value: { code, byte, bound: undefined }, byteLength: 2 }
  const addressLength = destinationByteLength(bytes, 3)
  const byteLength = 3 + (addressLength ?? Number.POSITIVE_INFINITY)
  if (bytes.length < byteLength) return undefined
  return { value: { code, byte, bound: decodeBound(bytes) }, byteLength }
}

/** An invalid name must not end a working connection: few clients use it. */
function decodeBound(bytes: Uint8Array): Destination | undefined {
  try {
    return decodeDestination(bytes, 3)?.value
  } catch {
    return undefined
  }
}

function decodeCommand(byte: number): RequestCommand {
  switch (byte) {
    case socks5Command.connect:
    // Tor's name look-ups, treated as CONNECT as other servers do.
    case socks5Command.torResolve:
    case socks5Command.torResolvePtr:
      return 'connect'
    case socks5Command.udpAssociate:
      return 'udp-associate'
    default:
      throw new SocksError('ERR_SOCKS_COMMAND', `command ${hex(byte)} is neither CONNECT nor UDP ASSOCIATE`, {
        reply: 'command-unsupported',
      })
  }
}

function checkVersion(byte: number | undefined, expected: number = socks5Version): void {
  if (byte === undefined || byte === expected) return
  throw new SocksError('ERR_SOCKS_VERSION', `version ${hex(byte)} where SOCKS5 has ${hex(expected)}`)
}

function checkCredential({ length }: Uint8Array, what: string): number {
  if (length <= maxCredentialBytes) return length
  throw new SocksError('ERR_SOCKS_TOO_LARGE', `${what} of ${length} bytes; the limit is ${maxCredentialBytes}`)
}
