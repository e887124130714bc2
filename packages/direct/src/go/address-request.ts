import { randomBytes } from 'node:crypto'

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

  /** Reads an answer; undefined for other packets. Only IPv4. */
  read(packet: Buffer): SeenAddress | undefined {
    return this.#readGo(packet) ?? this.#readStun(packet)
  }

  #readGo(packet: Buffer): SeenAddress | undefined {
    const head = Buffer.concat([goMagic, Buffer.of(1, 2), this.#transaction.subarray(0, 8), Buffer.of(1, 4)])
    if (packet.length !== head.length + 6 || !packet.subarray(0, head.length).equals(head)) return undefined
    const at = head.length
    return { address: packet.subarray(at, at + 4).join('.'), port: packet.readUInt16BE(at + 4) }
  }

  #readStun(packet: Buffer): SeenAddress | undefined {
    if (packet.length < 20 || packet.readUInt16BE(0) !== 0x0101) return undefined
    if (!packet.subarray(8, 20).equals(this.#transaction)) return undefined
    for (let at = 20; at + 12 <= packet.length; at += 4 + ((packet.readUInt16BE(at + 2) + 3) & ~3)) {
      // XOR-MAPPED-ADDRESS of IPv4 (RFC 8489 §14.2).
      if (packet.readUInt16BE(at) !== 0x0020 || packet[at + 5] !== 1) continue
      const bytes = packet.subarray(at + 8, at + 12).map((byte, index) => byte ^ packet[4 + index]!)
      return { address: bytes.join('.'), port: packet.readUInt16BE(at + 6) ^ (magicCookie >>> 16) }
    }
    return undefined
  }
}
