import { isIPv4, SocketAddress } from 'node:net'

/** Source address of a packet. */
export interface PacketSource {
  readonly address: string
  readonly port: number
}

/**
 * Answers a packet that asks for its own source address, as a NAT shows it: a STUN Binding request (RFC 8489), or the
 * request of Go LinkSocks 1.10. Undefined for any other packet.
 */
export function bindingAnswer(packet: Uint8Array, source: PacketSource): Uint8Array | undefined {
  const request = Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength)
  if (isStunRequest(request)) return stunAnswer(request.subarray(8, 20), source)
  if (isGoRequest(request)) return goAnswer(request.subarray(6, 14), source)
  return undefined
}

const magicCookie = 0x2112a442
const stunHeaderBytes = 20

function isStunRequest(request: Buffer): boolean {
  if (request.length < stunHeaderBytes || request.readUInt16BE(0) !== 0x0001) return false
  return request.readUInt32BE(4) === magicCookie && request.readUInt16BE(2) === request.length - stunHeaderBytes
}

/** Binding success response with XOR-MAPPED-ADDRESS (RFC 8489 §14.2). */
function stunAnswer(transaction: Buffer, source: PacketSource): Buffer {
  const address = addressBytes(source.address)
  const header = Buffer.alloc(stunHeaderBytes)
  header.writeUInt16BE(0x0101, 0)
  header.writeUInt16BE(8 + address.length, 2)
  header.writeUInt32BE(magicCookie, 4)
  transaction.copy(header, 8)
  const attribute = Buffer.alloc(8)
  attribute.writeUInt16BE(0x0020, 0)
  attribute.writeUInt16BE(4 + address.length, 2)
  attribute.writeUInt8(familyOf(address), 5)
  attribute.writeUInt16BE(source.port ^ (magicCookie >>> 16), 6)
  const mask = header.subarray(4)
  return Buffer.concat([header, attribute, address.map((byte, index) => byte ^ mask[index]!)])
}

const goMagic = Buffer.from('LSRU')
const goVersion = 1
const goRequestBytes = 14

/** Magic(4) Version(1) Type(1) Nonce(8). */
function isGoRequest(request: Buffer): boolean {
  if (request.length < goRequestBytes || !request.subarray(0, 4).equals(goMagic)) return false
  return request[4] === goVersion && request[5] === 1
}

/** Magic(4) Version(1) Type(1) Nonce(8) Family(1) Length(1) Address(4 or 16) Port(2). */
function goAnswer(nonce: Buffer, source: PacketSource): Buffer {
  const address = addressBytes(source.address)
  const port = Buffer.alloc(2)
  port.writeUInt16BE(source.port)
  const head = Buffer.from([goVersion, 2])
  return Buffer.concat([goMagic, head, nonce, Buffer.from([familyOf(address), address.length]), address, port])
}

/** 1 for IPv4, 2 for IPv6, in both protocols. */
function familyOf(address: Buffer): number {
  return address.length === 4 ? 1 : 2
}

/** Bytes of an address. A socket for both families shows IPv4 as `::ffff:192.0.2.1`, which stays IPv4 here. */
function addressBytes(address: string): Buffer {
  const plain = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address
  if (isIPv4(plain)) return Buffer.from(plain.split('.').map(Number))
  return ipv6Bytes(plain)
}

function ipv6Bytes(text: string): Buffer {
  const { address } = new SocketAddress({ address: text.replace(/%.*$/, ''), family: 'ipv6' })
  const [before = '', after] = address.split('::')
  const [first, last] = [groupsOf(before), groupsOf(after ?? '')]
  const bytes = Buffer.alloc(16)
  first.forEach((group, index) => bytes.writeUInt16BE(group, index * 2))
  last.forEach((group, index) => bytes.writeUInt16BE(group, 16 - (last.length - index) * 2))
  return bytes
}

function groupsOf(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!isIPv4(group)) return [Number.parseInt(group, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [a * 256 + b, c * 256 + d]
  })
}
