import { tcpServer, type TestServer } from '../servers/tcp-server.js'

/**
 * The ClientHello of a TLS client (RFC 8446 §4.1.2), as far as it identifies the client; GREASE (RFC 8701) is left out.
 */
export interface ClientHello {
  /** Versions offered, from the extension if there is one. */
  readonly versions: readonly number[]
  readonly ciphers: readonly number[]
  /** In the order sent. */
  readonly extensions: readonly number[]
  readonly serverName: string | undefined
  readonly alpn: readonly string[]
  readonly signatures: readonly number[]
  readonly groups: readonly number[]
  readonly keyShares: readonly number[]
}

const handshakeType = 22

/** Reads the ClientHello at the start of `bytes`; undefined while some of it is missing. */
export function parseClientHello(bytes: Buffer): ClientHello | undefined {
  const message = joinRecords(bytes)
  if (message.length < 4 || message.length < 4 + message.readUIntBE(1, 3)) return undefined
  const reader = new Reader(message.subarray(4, 4 + message.readUIntBE(1, 3)))
  const legacyVersion = reader.u16()
  reader.take(32)
  reader.vector(1)
  const ciphers = reader.vector(2).u16s()
  reader.vector(1)
  const extensions = new Map<number, Reader>()
  for (const list = reader.vector(2); list.left > 0;) extensions.set(list.u16(), list.vector(2))
  const named = (type: number): Reader => extensions.get(type) ?? new Reader(Buffer.alloc(0))
  const versions = extensions.has(43) ? named(43).vector(1).u16s() : [legacyVersion]
  return {
    versions: versions.filter(notGrease),
    ciphers: ciphers.filter(notGrease),
    extensions: [...extensions.keys()].filter(notGrease),
    serverName: extensions.has(0) ? namesIn(named(0).vector(2), 2, 1)[0] : undefined,
    alpn: extensions.has(16) ? namesIn(named(16).vector(2), 1, 0) : [],
    signatures: extensions.has(13) ? named(13).vector(2).u16s().filter(notGrease) : [],
    groups: extensions.has(10) ? named(10).vector(2).u16s().filter(notGrease) : [],
    keyShares: extensions.has(51) ? sharesIn(named(51).vector(2)).filter(notGrease) : [],
  }
}

/** A TCP server that reads each client's ClientHello and closes the connection. */
export interface HelloCatcher extends TestServer {
  /** The next ClientHello, in the order they came. */
  next(): Promise<ClientHello>
}

export async function helloCatcher(): Promise<HelloCatcher> {
  const caught: ClientHello[] = []
  const waiting: ((hello: ClientHello) => void)[] = []
  const server = await tcpServer((socket) => {
    let bytes = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      const hello = parseClientHello(bytes)
      if (hello === undefined) return
      socket.destroy()
      const take = waiting.shift()
      if (take === undefined) caught.push(hello)
      else take(hello)
    })
  })
  const next = (): Promise<ClientHello> =>
    new Promise((resolve) => {
      const hello = caught.shift()
      if (hello === undefined) waiting.push(resolve)
      else resolve(hello)
    })
  return { ...server, next }
}

/** A handshake message may be spread over several records. */
function joinRecords(bytes: Buffer): Buffer {
  const parts: Buffer[] = []
  let offset = 0
  while (offset + 5 <= bytes.length && bytes[offset] === handshakeType) {
    const length = bytes.readUInt16BE(offset + 3)
    parts.push(bytes.subarray(offset + 5, offset + 5 + length))
    offset += 5 + length
  }
  return Buffer.concat(parts)
}

/** Texts with a length of `lengthBytes` before each, and `skipBytes` before that. */
function namesIn(list: Reader, lengthBytes: 1 | 2, skipBytes: number): string[] {
  const names: string[] = []
  while (list.left > 0) {
    list.take(skipBytes)
    names.push(list.vector(lengthBytes).rest().toString('latin1'))
  }
  return names
}

function sharesIn(list: Reader): number[] {
  const groups: number[] = []
  while (list.left > 0) {
    groups.push(list.u16())
    list.vector(2)
  }
  return groups
}

function notGrease(value: number): boolean {
  return (value & 0x0f_0f) !== 0x0a_0a || value >> 8 !== (value & 0xff)
}

class Reader {
  readonly #bytes: Buffer
  #offset = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#offset
  }

  /** @throws RangeError past the end, as do all of these. */
  take(length: number): Buffer {
    if (length > this.left) throw new RangeError(`a ClientHello ends ${length - this.left} bytes too early`)
    this.#offset += length
    return this.#bytes.subarray(this.#offset - length, this.#offset)
  }

  rest(): Buffer {
    return this.take(this.left)
  }

  u16(): number {
    return this.take(2).readUInt16BE()
  }

  u16s(): number[] {
    const values: number[] = []
    while (this.left > 0) values.push(this.u16())
    return values
  }

  /** A length-prefixed value. */
  vector(lengthBytes: 1 | 2): Reader {
    return new Reader(this.take(this.take(lengthBytes).readUIntBE(0, lengthBytes)))
  }
}
