import { type IpAddress, parseIpAddress } from '@ls/relay'

/** Source address of a packet. */
export interface PacketSource {
  readonly address: string
  readonly port: number
}

/**
 * Answers a packet that asks for its own source address, as a NAT shows it: a STUN Binding request (RFC 8489), or the
 * request of Go LinkSocks 1.10. Undefined for any other packet, and for one from port 0, which cannot be answered
 * (RFC 768).
 */
export function bindingAnswer(packet: Uint8Array, source: PacketSource): Uint8Array | undefined {
  const request = Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength)
  // A socket for both families shows IPv4 as `::ffff:192.0.2.1`, which is IPv4 here.
  const address = parseIpAddress(source.address)
  if (address === undefined || source.port === 0) return undefined
  if (isStunRequest(request)) return stunAnswer(request.subarray(8, 20), address, source.port)
  if (isGoRequest(request)) return goAnswer(request.subarray(6, 14), address, source.port)
  return undefined
}

const magicCookie = 0x2112a442
const stunHeaderBytes = 20

function isStunRequest(request: Buffer): boolean {
  if (request.length < stunHeaderBytes || request.readUInt16BE(0) !== 0x0001) return false
  return request.readUInt32BE(4) === magicCookie && request.readUInt16BE(2) === request.length - stunHeaderBytes
}

/** Binding success response with XOR-MAPPED-ADDRESS (RFC 8489 §14.2). */
function stunAnswer(transaction: Buffer, address: IpAddress, port: number): Buffer {
  const { bytes } = address
  const header = Buffer.alloc(stunHeaderBytes)
  header.writeUInt16BE(0x0101, 0)
  header.writeUInt16BE(8 + bytes.length, 2)
  header.writeUInt32BE(magicCookie, 4)
  transaction.copy(header, 8)
  const attribute = Buffer.alloc(8)
  attribute.writeUInt16BE(0x0020, 0)
  attribute.writeUInt16BE(4 + bytes.length, 2)
  attribute.writeUInt8(familyOf(address), 5)
  attribute.writeUInt16BE(port ^ (magicCookie >>> 16), 6)
  const mask = header.subarray(4)
  return Buffer.concat([header, attribute, bytes.map((byte, index) => byte ^ mask[index]!)])
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
function goAnswer(nonce: Buffer, address: IpAddress, port: number): Buffer {
  const { bytes } = address
  const kind = Buffer.of(familyOf(address), bytes.length)
  const portBytes = Buffer.alloc(2)
  portBytes.writeUInt16BE(port)
  return Buffer.concat([goMagic, Buffer.of(goVersion, 2), nonce, kind, bytes, portBytes])
}

/** 1 for IPv4, 2 for IPv6, in both protocols. */
function familyOf({ family }: IpAddress): number {
  return family === 4 ? 1 : 2
}
