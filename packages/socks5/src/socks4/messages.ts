import { formatIpv4, parseIpv4 } from '@ls/foundation'
import { readUint16, writeUint16 } from '../bytes.js'
import { checkPort, type Destination, domainDestination, encodeDomain, unspecifiedDestination } from '../destination.js'
import { hex, quote, SocksError } from '../errors.js'
import type { Parsed } from '../handshake-reader.js'
import { maxDomainBytes, maxUserIdBytes } from '../limits.js'
import { decodeReplyCode, encodeReplyCode, type ReplyCode } from '../reply.js'

export const socks4Version = 0x04
const commandConnect = 0x01
/** Version of a reply, which is not the protocol's. */
const replyVersion = 0x00
const headerBytes = 8

export interface Socks4Request {
  readonly destination: Destination
  readonly userId: Uint8Array
}

/**
 * CONNECT, the only request served. SOCKS4a appends the name and writes 0.0.0.x, x not 0, in place of the address:
 *
 *     +----+----+---------+-------+---------+------+ - - - - -+ - - -+
 *     | VN | CD | DSTPORT | DSTIP | USERID  | 0x00 |  DOMAIN  | 0x00 |
 *     +----+----+---------+-------+---------+------+ - - - - -+ - - -+
 *     | 1  | 1  |    2    |   4   | 0 … 255 |  1   | 1 … 255  |  1   |
 *     +----+----+---------+-------+---------+------+ - - - - -+ - - -+
 *
 * @throws {SocksError} for IPv6, which SOCKS4 has no room for, and for texts that do not fit
 */
export function encodeRequest({ destination, userId }: Socks4Request): Uint8Array {
  const domain = destination.type === 'domain' ? encodeDomain(destination.host) : undefined
  const domainStart = headerBytes + checkUserId(userId).length + 1
  const bytes = new Uint8Array(domainStart + (domain === undefined ? 0 : domain.length + 1))
  bytes[0] = socks4Version
  bytes[1] = commandConnect
  writeUint16(bytes, checkPort(destination.port), 2)
  bytes.set(domain === undefined ? encodeAddress(destination) : [0, 0, 0, 1], 4)
  bytes.set(userId, headerBytes)
  if (domain !== undefined) bytes.set(domain, domainStart)
  return bytes
}

/** Reads a request; undefined while it is incomplete. @throws SocksError as soon as it is wrong */
export function readRequest(bytes: Uint8Array): Parsed<Socks4Request> | undefined {
  const command = bytes[1]
  if (command !== undefined && command !== commandConnect) {
    throw new SocksError('ERR_SOCKS_COMMAND', `command ${hex(command)} is not CONNECT`, {
      reply: 'command-unsupported',
    })
  }
  if (bytes.length < headerBytes) return undefined
  const userId = readText(bytes, headerBytes, maxUserIdBytes, 'user id')
  if (userId === undefined) return undefined
  const port = readUint16(bytes, 2)
  const domainStart = userId.byteLength + headerBytes
  if (!announcesDomain(bytes)) {
    const destination = { host: formatIpv4(bytes, 4), port, type: 'ipv4' } as const
    return { value: { destination, userId: userId.value }, byteLength: domainStart }
  }
  const domain = readText(bytes, domainStart, maxDomainBytes, 'host name')
  if (domain === undefined) return undefined
  const destination = domainDestination(domain.value, port)
  return { value: { destination, userId: userId.value }, byteLength: domainStart + domain.byteLength }
}

export interface Socks4Reply {
  readonly code: ReplyCode
  readonly byte: number
  readonly bound: Destination
}

/** Encodes `VN CD DSTPORT DSTIP`. A bound address that is not IPv4 does not fit, so zeros take its place. */
export function encodeReply(code: ReplyCode, bound: Destination = unspecifiedDestination): Uint8Array {
  const { host, port } = bound.type === 'ipv4' ? bound : unspecifiedDestination
  const bytes = new Uint8Array(headerBytes)
  bytes[0] = replyVersion
  bytes[1] = encodeReplyCode(code, 4)
  writeUint16(bytes, checkPort(port), 2)
  bytes.set(parseIpv4(host) ?? [0, 0, 0, 0], 4)
  return bytes
}

export function readReply(bytes: Uint8Array): Parsed<Socks4Reply> | undefined {
  const version = bytes[0]
  if (version !== undefined && version !== replyVersion) {
    throw new SocksError('ERR_SOCKS_VERSION', `version ${hex(version)} where a SOCKS4 reply has ${hex(replyVersion)}`)
  }
  if (bytes.length < headerBytes) return undefined
  const byte = bytes[1]!
  const bound = { host: formatIpv4(bytes, 4), port: readUint16(bytes, 2), type: 'ipv4' } as const
  return { value: { code: decodeReplyCode(byte, 4), byte, bound }, byteLength: headerBytes }
}

function announcesDomain(bytes: Uint8Array): boolean {
  return bytes[4] === 0 && bytes[5] === 0 && bytes[6] === 0 && bytes[7] !== 0
}

/** Reads up to a zero byte, which is counted but not returned. */
function readText(bytes: Uint8Array, start: number, limit: number, what: string): Parsed<Uint8Array> | undefined {
  const window = bytes.subarray(start, start + limit + 1)
  const length = window.indexOf(0)
  if (length >= 0) return { value: window.subarray(0, length), byteLength: length + 1 }
  if (window.length <= limit) return undefined
  throw new SocksError('ERR_SOCKS_TOO_LARGE', `${what} of over ${limit} bytes; the limit is ${limit}`)
}

function encodeAddress({ host, type }: Destination): Uint8Array {
  if (type === 'ipv6') {
    throw new SocksError('ERR_SOCKS_ADDRESS_TYPE', `SOCKS4 cannot carry the IPv6 address ${host}; use SOCKS5`)
  }
  const bytes = parseIpv4(host)
  if (bytes === undefined) throw new SocksError('ERR_SOCKS_BAD_VALUE', `host ${quote(host)} is not ipv4`)
  // The proxy would read 0.0.0.x as "a name follows", and wait for the name forever.
  if (bytes[0] === 0 && bytes[1] === 0 && bytes[2] === 0 && bytes[3] !== 0) {
    throw new SocksError('ERR_SOCKS_BAD_VALUE', `SOCKS4 cannot carry the address ${host}: it marks a SOCKS4a name`)
  }
  return bytes
}

function checkUserId(userId: Uint8Array): Uint8Array {
  if (userId.length > maxUserIdBytes) {
    const text = `user id of ${userId.length} bytes; the limit is ${maxUserIdBytes}`
    throw new SocksError('ERR_SOCKS_TOO_LARGE', text)
  }
  if (userId.includes(0)) throw new SocksError('ERR_SOCKS_BAD_VALUE', 'user id has a zero byte, which would end it')
  return userId
}
