import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { textOf } from '@ls/foundation'
import { DirectError } from '../errors.js'
import { GoPath, type GoPathOptions } from './go-path.js'
import type { QuicConnection, QuicSocket, UdpPlace } from './quic.js'
import { type Quiche, quicheConfig } from './quiche-config.js'
import { QuicheConnection } from './quiche-connection.js'

/** Addresses of our socket for quiche, which takes the port of a packet only together with an address. */
const anyHosts = { 4: '0.0.0.0', 6: '::' } as const

/** Bytes that the system keeps for the socket, as far as it allows: a turn of the event loop at 100 MB/s is 1 MB. */
const bufferBytes = 4_194_304

/** Creates a path to Go programs, with `@matrixai/quic`, which is loaded when it is needed. */
export function makeGoPath(options: Omit<GoPathOptions, 'openSocket'>): GoPath {
  return new GoPath({ ...options, openSocket: openQuicSocket })
}

/**
 * Opens a UDP socket with QUIC, for IPv4 and, where the machine has it, IPv6.
 *
 * @throws DirectError `ERR_DIRECT_UNAVAILABLE` where the package is missing
 */
export async function openQuicSocket(): Promise<QuicSocket> {
  const quiche = await loadQuiche()
  // A machine without IPv6 does not open the first one.
  const { udp, family } = await openUdp(6).catch(() => openUdp(4))
  udp.setRecvBufferSize(bufferBytes)
  udp.setSendBufferSize(bufferBytes)
  return new NativeSocket(quiche, udp, family)
}

async function openUdp(family: 4 | 6): Promise<{ readonly udp: Socket; readonly family: 4 | 6 }> {
  // Addresses only: without this, Node asks its resolver for each packet.
  const udp = createSocket({ type: `udp${family}`, lookup: (host, _options, done) => done(null, host, family) })
  const listening = once(udp, 'listening')
  udp.bind(0, anyHosts[family])
  try {
    await listening
  } catch (error) {
    udp.close()
    throw error
  }
  udp.on('error', () => {})
  return { udp, family }
}

async function loadQuiche(): Promise<Quiche> {
  try {
    const { native } = await import('@matrixai/quic')
    return native.quiche
  } catch (error) {
    const text = `direct paths with Go programs need the package @matrixai/quic 2.0 (npm install @matrixai/quic): ${textOf(error)}`
    throw new DirectError('ERR_DIRECT_UNAVAILABLE', text, { cause: error })
  }
}

/** Prefix of addresses of IPv4 at a socket for both (RFC 4291 §2.5.5.2). */
const ipv4Prefix = '::ffff:'

/** A place without the prefix of IPv4. */
function plain({ address, port }: UdpPlace): UdpPlace {
  return { address: address.startsWith(ipv4Prefix) ? address.slice(ipv4Prefix.length) : address, port }
}

class NativeSocket implements QuicSocket {
  readonly port: number
  readonly #quiche: Quiche
  readonly #udp: Socket
  /** 6 is both: addresses of IPv4 have a prefix then. */
  readonly #family: 4 | 6
  readonly #connections = new Map<string, QuicheConnection>()
  #isClosed = false

  constructor(quiche: Quiche, udp: Socket, family: 4 | 6) {
    this.#quiche = quiche
    this.#udp = udp
    this.#family = family
    this.port = udp.address().port
    udp.on('message', (packet, from) => {
      this.#connections.get(this.#connectionOf(packet))?.receive(packet, plain(from))
    })
  }

  send(packet: Uint8Array, { address, port }: UdpPlace): void {
    // A packet may come from port 0, but none can be sent there (RFC 768).
    if (this.#isClosed || port === 0) return
    const isPrefixed = this.#family === 6 && !address.includes(':')
    // Without IPv6 nothing is sent there; the callback gets the error.
    this.#udp.send(packet, port, isPrefixed ? ipv4Prefix + address : address, () => {})
  }

  onPacket(call: (packet: Buffer, from: UdpPlace) => void): void {
    this.#udp.on('message', (packet, from) => call(packet, plain(from)))
  }

  async dial(to: UdpPlace, timeoutMs: number): Promise<QuicConnection> {
    const { Connection, MAX_CONN_ID_LEN: idBytes } = this.#quiche
    const id = randomBytes(idBytes)
    const key = id.toString('latin1')
    const local = { host: anyHosts[isIPv6(to.address) ? 6 : 4], port: this.port }
    const remote = { host: to.address, port: to.port }
    const native = Connection.connect('linksocks', id, local, remote, quicheConfig(this.#quiche))
    const connection = new QuicheConnection({
      quiche: this.#quiche,
      native,
      local,
      send: (packet, place) => this.send(packet, place),
      onOver: () => void this.#connections.delete(key),
    })
    this.#connections.set(key, connection)
    const timer = setTimeout(() => connection.close(), timeoutMs)
    try {
      await connection.established()
      return connection
    } finally {
      clearTimeout(timer)
    }
  }

  close(): void {
    if (this.#isClosed) return
    for (const connection of this.#connections.values()) connection.close()
    this.#isClosed = true
    this.#udp.close()
  }

  /** Id of the connection that a packet is for, of the length that we have chosen (RFC 9000 §17). */
  #connectionOf(packet: Buffer): string {
    const idBytes = this.#quiche.MAX_CONN_ID_LEN
    const isLong = ((packet[0] ?? 0) & 0x80) !== 0
    const at = isLong ? 6 : 1
    return packet.toString('latin1', at, at + idBytes)
  }
}
