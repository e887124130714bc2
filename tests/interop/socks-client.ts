import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, isIPv4, type Socket } from 'node:net'
import { within } from '@ls/testkit'

/** A SOCKS5 proxy refused; `reply` is its code (RFC 1928 §6). */
export class SocksReplyError extends Error {
  readonly reply: number

  constructor(reply: number) {
    super(`SOCKS reply 0x${reply.toString(16).padStart(2, '0')}`)
    this.reply = reply
  }
}

const loopback = '127.0.0.1'
/** Longest wait for a reply, in milliseconds: the peers' own limits are 10 s (connect) and 15 s. */
const replyTimeoutMs = 20_000

/**
 * Opens a connection by SOCKS5 CONNECT through the proxy on a loopback port. Written for these tests, so that no code
 * under test tests itself.
 */
export async function socksConnect(proxyPort: number, host: string, port: number): Promise<Socket> {
  const { socket } = await socksRequest(proxyPort, 0x01, host, port)
  return socket
}

/** A SOCKS5 UDP association that lives until `close`. */
export class UdpAssociation {
  readonly #control: Socket
  readonly #udp: UdpSocket
  readonly #relayPort: number

  private constructor(control: Socket, udp: UdpSocket, relayPort: number) {
    this.#control = control
    this.#udp = udp
    this.#relayPort = relayPort
  }

  static async open(proxyPort: number): Promise<UdpAssociation> {
    const { socket, boundPort } = await socksRequest(proxyPort, 0x03, '0.0.0.0', 0)
    const udp = createSocket('udp4')
    udp.bind(0, loopback)
    await once(udp, 'listening')
    return new UdpAssociation(socket, udp, boundPort)
  }

  /** Sends a datagram and returns the payload and source of the first that comes back. */
  async exchange(host: string, port: number, payload: Buffer): Promise<{ payload: Buffer; port: number }> {
    const answered = once(this.#udp, 'message') as Promise<[Buffer]>
    this.#udp.send(
      Buffer.concat([Buffer.from([0, 0, 0]), encodeAddress(host, port), payload]),
      this.#relayPort,
      loopback,
    )
    const [datagram] = await within(answered, `an answer to ${payload.length} bytes over UDP`)
    const addressBytes = addressLength(datagram.subarray(3))
    return { payload: datagram.subarray(3 + addressBytes), port: datagram.readUInt16BE(3 + addressBytes - 2) }
  }

  close(): void {
    this.#control.destroy()
    this.#udp.close()
  }
}

async function socksRequest(
  proxyPort: number,
  command: number,
  host: string,
  port: number,
): Promise<{ socket: Socket; boundPort: number }> {
  const socket = connect({ port: proxyPort, host: loopback, noDelay: true, allowHalfOpen: true })
  try {
    const boundPort = await within(handshake(socket, command, host, port), `the SOCKS reply for ${host}:${port}`, {
      timeoutMs: replyTimeoutMs,
    })
    return { socket, boundPort }
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/**
 * Performs RFC 1928 §3 and §4 one step at a time: pywssocks reads each part with one `recv` that must not contain more.
 */
async function handshake(socket: Socket, command: number, host: string, port: number): Promise<number> {
  await once(socket, 'connect')
  socket.write(Buffer.from([5, 1, 0]))
  await readExactly(socket, 2)
  socket.write(Buffer.concat([Buffer.from([5, command, 0]), encodeAddress(host, port)]))
  const head = await readExactly(socket, 5)
  const rest = await readExactly(socket, addressLength(head.subarray(3)) - 2)
  const reply = head.readUInt8(1)
  if (reply !== 0) throw new SocksReplyError(reply)
  return rest.readUInt16BE(rest.length - 2)
}

function encodeAddress(host: string, port: number): Buffer {
  const portBytes = Buffer.from([port >> 8, port & 0xff])
  if (isIPv4(host)) return Buffer.concat([Buffer.from([1, ...host.split('.').map(Number)]), portBytes])
  return Buffer.concat([Buffer.from([3, host.length]), Buffer.from(host), portBytes])
}

/** Returns the length of `ATYP ADDR PORT`, from its first two bytes. */
function addressLength(bytes: Buffer): number {
  const type = bytes.readUInt8(0)
  if (type === 1) return 7
  if (type === 4) return 19
  return 4 + bytes.readUInt8(1)
}

/** Resolves with the next `length` bytes; later bytes stay in the socket. */
export async function readExactly(socket: Socket, length: number): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read(length) as Buffer | null
    if (bytes?.length === length) return bytes
    if (socket.readableEnded || socket.destroyed || bytes !== null) {
      throw new Error(`the connection ended before ${length} bytes had come`)
    }
    await readableOrEnd(socket)
  }
}

function readableOrEnd(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      socket.off('readable', onEvent).off('end', onEvent).off('close', onEvent).off('error', settle)
      if (error instanceof Error) reject(error)
      else resolve()
    }
    const onEvent = (): void => settle()
    socket.on('readable', onEvent).on('end', onEvent).on('close', onEvent).on('error', settle)
  })
}
