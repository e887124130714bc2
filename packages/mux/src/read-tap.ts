import { Socket } from 'node:net'

/**
 * Memory that all tapped sockets of a thread read into, one after the other, in bytes: twice what Node reads at once. Two
 * plain relays in a row with it took a fifth less CPU time, though they copied each byte once more; 256 KiB did no better.
 */
const sharedBytes = 131_072

/** The length from which on a read tells of more to come, in bytes: most connections never have so long a one. */
export const longReadBytes = 16_384

/** Where it is, once a socket was tapped. */
let shared: Uint8Array | undefined

/**
 * Reads of a socket, handed out before they are a stream. A socket reads into memory of its own, 64 KiB each time, which
 * the collector has to find; a tapped one reads into memory that stays in the cache, and whoever tapped it copies out what
 * is to stay.
 *
 * Node does this for sockets that it connects (`onread` of `net.connect`), and only from their start. Here it is for those
 * that were accepted too, and for connections that turn out to carry much; they cost nothing before.
 */
export class ReadTap {
  readonly #socket: Socket
  readonly #sink: (bytes: Uint8Array) => void
  #open = true

  private constructor(socket: Socket, sink: (bytes: Uint8Array) => void) {
    this.#socket = socket
    this.#sink = sink
  }

  /**
   * From the next read on `sink` gets what `socket` reads, in memory that is another's when it returns. While the stream
   * holds something, and while more than one listens for `data`, that is where reads go: whoever taps a socket listens for
   * `data` as well. Undefined where it is no plain socket, or one of a Node that has this no more; it stays as it is then.
   *
   * @example
   * ```ts
   * socket.on('data', (chunk) => hash.update(chunk))
   * ReadTap.open(socket, (bytes) => hash.update(bytes))
   * ```
   */
  static open(socket: object, sink: (bytes: Uint8Array) => void): ReadTap | undefined {
    const internal = socket as Internal
    const handle = internal._handle
    // A record of TLS is copied out of OpenSSL anyway: tapped, a link over TLS took a fifth more CPU time.
    if (!(socket instanceof Socket) || 'encrypted' in socket) return undefined
    if (buffer === undefined || onRead === undefined) return undefined
    if (typeof handle?.useUserBuffer !== 'function' || internal[buffer] !== null) return undefined
    const tap = new ReadTap(socket, sink)
    shared ??= new Uint8Array(sharedBytes)
    internal[buffer] = shared
    internal[onRead] = (bytes: number, memory: Uint8Array) => tap.#read(memory.subarray(0, bytes))
    handle.useUserBuffer(shared)
    return tap
  }

  /** From now on all goes to the stream again. */
  close(): void {
    this.#open = false
  }

  #read(bytes: Uint8Array): boolean {
    const socket = this.#socket
    // A stream reads once more after a pause now and then, and what it reads is for later.
    const flows = socket.readableFlowing === true && socket.readableLength === 0
    if (!this.#open || !flows || socket.listenerCount('data') !== 1) return socket.push(Buffer.from(bytes))
    this.#sink(bytes)
    return true
  }
}

/** What `onread` of `net.connect` sets, under names that Node keeps to itself. */
interface Internal {
  readonly _handle?: { useUserBuffer?(memory: Uint8Array): void } | null
  [symbol: symbol]: unknown
}

const [buffer, onRead] = internalSymbols('kBuffer', 'kBufferCb')

function internalSymbols(...names: string[]): (symbol | undefined)[] {
  const symbols = Object.getOwnPropertySymbols(new Socket())
  return names.map((name) => symbols.find(({ description }) => description === name))
}
