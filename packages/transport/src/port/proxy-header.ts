import { isIPv4, isIPv6, SocketAddress } from 'node:net'
import { TransportError } from '../errors.js'

/** One end of a connection. */
interface Endpoint {
  readonly address: string
  readonly port: number
}

/** Data about a forwarded connection that a proxy sends before all other bytes. */
export interface ProxyHeader {
  readonly version: 1 | 2
  /** The proxy's client; undefined for the proxy's own connections, such as health checks, and if it gives none. */
  readonly source: Endpoint | undefined
  /** Bytes of the header; the client's bytes follow. */
  readonly lengthBytes: number
}

/** Longest line of version 1, its CRLF included (PROXY protocol §2.1). */
const maxV1Bytes = 107

/**
 * Longest header of version 2, 4 KiB: addresses take 232 bytes at most, and proxies add a few hundred more about the
 * client (its certificate, for instance).
 */
const maxV2Bytes = 4096

const v1Start = Buffer.from('PROXY ')
const v1Line =
  /^PROXY (?:UNKNOWN(?: [\x20-\x7e]*)?|(TCP4|TCP6) ([\d.:a-fA-F]+) ([\d.:a-fA-F]+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4}))$/
const v2Start = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const v2FixedBytes = 16

/**
 * Reads the header of the PROXY protocol, version 1 or 2, from the first bytes of a connection, which may be split in
 * any way. It needs no bytes beyond the header.
 *
 * @returns undefined while the header is not complete
 * @throws TransportError ERR_TRANSPORT_PROTOCOL as soon as it cannot become one, or is too long
 *
 * @example
 * ```ts
 * const line = Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.9 4711 443\r\n')
 * parseProxyHeader(line)?.source // { address: '192.0.2.1', port: 4711 }
 * ```
 */
export function parseProxyHeader(bytes: Buffer): ProxyHeader | undefined {
  if (startsAlike(bytes, v1Start)) return bytes.length < v1Start.length ? undefined : parseV1(bytes)
  if (startsAlike(bytes, v2Start)) return bytes.length < v2FixedBytes ? undefined : parseV2(bytes)
  throw bad('the connection does not begin with one; does the proxy send it?')
}

/** Whether one is the beginning of the other. */
function startsAlike(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length)
  return bytes.subarray(0, length).equals(start.subarray(0, length))
}

function parseV1(bytes: Buffer): ProxyHeader | undefined {
  const line = bytes.toString('latin1', 0, maxV1Bytes)
  const end = line.indexOf('\r\n')
  if (end < 0) {
    if (bytes.length < maxV1Bytes) return undefined
    throw bad(`its line does not end within ${maxV1Bytes} bytes`)
  }
  const match = v1Line.exec(line.slice(0, end))
  if (match === null) throw bad('its line is not in the format of version 1')
  const [, family, source = '', destination = '', sourcePort, destinationPort] = match
  const lengthBytes = end + 2
  if (family === undefined) return { version: 1, source: undefined, lengthBytes }
  const isAddress = family === 'TCP4' ? isIPv4 : isIPv6
  const port = Number(sourcePort)
  if (!isAddress(source) || !isAddress(destination) || port > 0xffff || Number(destinationPort) > 0xffff) {
    throw bad(`its line holds something that is no ${family} address or port`)
  }
  return { version: 1, source: { address: source, port }, lengthBytes }
}

function parseV2(bytes: Buffer): ProxyHeader | undefined {
  const [versionAndCommand = 0, family = 0] = bytes.subarray(v2Start.length)
  const lengthBytes = v2FixedBytes + bytes.readUInt16BE(v2Start.length + 2)
  if (versionAndCommand !== localCommand && versionAndCommand !== proxyCommand) {
    throw bad(`version and command are 0x${versionAndCommand.toString(16)}; known are 0x20 and 0x21`)
  }
  if (lengthBytes > maxV2Bytes) throw bad(`it has ${lengthBytes} bytes; the limit is ${maxV2Bytes}`)
  // §2.2: the data of LOCAL is ignored, also the family.
  const readSource = versionAndCommand === localCommand ? noSource : sourceReaders.get(family)
  if (readSource === undefined) throw bad(`the address family 0x${family.toString(16)} is unknown`)
  if (bytes.length < lengthBytes) return undefined
  return { version: 2, source: readSource(bytes.subarray(v2FixedBytes, lengthBytes)), lengthBytes }
}

const localCommand = 0x20
const proxyCommand = 0x21

type SourceReader = (block: Buffer) => Endpoint | undefined

const noSource: SourceReader = () => undefined

const readIpv4: SourceReader = (block) => {
  if (block.length < 12) throw bad(`an IPv4 pair takes 12 bytes, not ${block.length}`)
  return { address: block.subarray(0, 4).join('.'), port: block.readUInt16BE(8) }
}

const readIpv6: SourceReader = (block) => {
  if (block.length < 36) throw bad(`an IPv6 pair takes 36 bytes, not ${block.length}`)
  const groups = Array.from({ length: 8 }, (_none, index) => block.readUInt16BE(index * 2).toString(16))
  // The form that sockets use, so that one client has one address everywhere.
  const { address } = new SocketAddress({ address: groups.join(':'), family: 'ipv6' })
  return { address, port: block.readUInt16BE(32) }
}

/**
 * Readers by the family byte (§2.2): UNSPEC, then stream and datagram over IPv4, IPv6 and UNIX sockets, which have no
 * address.
 */
const sourceReaders: ReadonlyMap<number, SourceReader> = new Map([
  [0x00, noSource],
  [0x11, readIpv4],
  [0x12, readIpv4],
  [0x21, readIpv6],
  [0x22, readIpv6],
  [0x31, noSource],
  [0x32, noSource],
])

function bad(why: string): TransportError {
  return new TransportError('ERR_TRANSPORT_PROTOCOL', `no PROXY header: ${why}`)
}
