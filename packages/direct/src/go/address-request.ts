import { randomBytes } from 'node:crypto'
import { formatIpv4, formatIpv6 } from '@ls/foundation'

/** Address and port as a server saw them. */
export interface SeenAddress {
  readonly address: string
  readonly port: number
}

const magicCookie = 0x2112a442
const goMagic = Buffer.from('LSRU')

/** Asks a server for our own address, by STUN (RFC 8489) and as Go LinkSocks does: a server answers one of the two. */
export class AddressRequest {
  readonly #transaction = randomBytes(12)

  /** The packets to send. */
  get packets(): readonly Buffer[] {
    const stun = Buffer.alloc(20)
    stun.writeUInt16BE(0x0001, 0)
    stun.writeUInt32BE(magicCookie, 4)
    this.#transaction.copy(stun, 8)
    return [stun, Buffer.concat([goMagic, Buffer.of(1, 1), this.#transaction.subarray(0, 8)])]
  }

  /** Reads an answer; undefined for other packets. */
  read(packet: Buffer): SeenAddress | undefined {
    return this.#readGo(packet) ?? this.#readStun(packet)
  }

  #readGo(packet: Buffer): SeenAddress | undefined {
    const head = Buffer.concat([goMagic, Buffer.of(1, 2), this.#transaction.subarray(0, 8)])
    if (!packet.subarray(0, head.length).equals(head)) return undefined
    const length = packet[head.length + 1]
    const at = head.length + 2
    if (length === undefined || packet.length !== at + length + 2) return undefined
    const address = addressOf(packet[head.length], packet.subarray(at, at + length))
    return address === undefined ? undefined : { address, port: packet.readUInt16BE(at + length) }
  }

  #readStun(packet: Buffer): SeenAddress | undefined {
    if (packet.length < 20 || packet.readUInt16BE(0) !== 0x0101) return undefined
    if (!packet.subarray(8, 20).equals(this.#transaction)) return undefined
    for (let at = 20; at + 12 <= packet.length; at += 4 + ((packet.readUInt16BE(at + 2) + 3) & ~3)) {
      // XOR-MAPPED-ADDRESS (RFC 8489 §14.2).
      if (packet.readUInt16BE(at) !== 0x0020) continue
      const masked = packet.subarray(at + 8, at + 4 + packet.readUInt16BE(at + 2))
      const address = addressOf(
        packet[at + 5],
        masked.map((byte, index) => byte ^ packet[4 + index]!),
      )
      if (address !== undefined) return { address, port: packet.readUInt16BE(at + 6) ^ (magicCookie >>> 16) }
    }
    return undefined
  }
}

/** Text of an address; the family is 1 for IPv4 and 2 for IPv6, in both protocols. */
function addressOf(family: number | undefined, bytes: Uint8Array): string | undefined {
  if (family === 1 && bytes.length === 4) return formatIpv4(bytes)
  return family === 2 && bytes.length === 16 ? formatIpv6(bytes) : undefined
}
