import { Socket } from 'node:net'

/** Memory that tapped sockets of a thread share for their reads, one after the other, in bytes: what Node reads at once. */
const sharedBytes = 65_536

/** The length from which on a read tells of more to come, in bytes: most connections never have so long a one. */
export const longReadBytes = 16_384

/** Where it is, once a socket was tapped. */
let shared: Uint8Array | undefined

/** Whoever taps a socket. */
export interface ReadTapOwner {
  /**
   * Where the next read goes. Undefined where nothing of it is to stay: it goes to memory that all share, which is
   * another's when {@link onRead} returns. Asked before each read, and again while reads go to the stream.
   */
  readMemory(): Uint8Array | undefined
  /**
   * Gets what was read, at the start of that memory; what fills it most likely has more behind it. After false nothing
   * more is read until the socket is resumed, which costs less than to pause it.
   */
  onRead(bytes: Uint8Array, isFull: boolean): boolean
}

/**
 * Reads of a socket, handed out before they are a stream. A socket reads into memory of its own, 64 KiB each time, which
 * the collector has to find; a tapped one reads into memory of its owner, or into memory that stays in the cache and whose
 * bytes its owner copies out.
 *
 * Node does this for sockets that it connects (`onread` of `net.connect`), and only from their start. Here it is for those
 * that were accepted too, and for connections that turn out to carry much; they cost nothing before.
 */
export class ReadTap {
  readonly #socket: Socket
  readonly #owner: ReadTapOwner
  #open = true

  private constructor(socket: Socket, owner: ReadTapOwner) {
    this.#socket = socket
    this.#owner = owner
  }

  /**
   * From the next read on `owner` gets what `socket` reads. While the stream holds something, and while more than one
   * listens for `data`, that is where reads go: whoever taps a socket listens for `data` as well. Undefined where it is no
   * plain socket, or one of a Node that has this no more; it stays as it is then.
   *
   * @example
   * ```ts
   * socket.on('data', (chunk) => hash.update(chunk))
   * ReadTap.open(socket, { readMemory: () => undefined, onRead: (bytes) => Boolean(hash.update(bytes)) })
   * ```
   */
  static open(socket: object, owner: ReadTapOwner): ReadTap | undefined {
    const internal = socket as Internal
    const handle = internal._handle
    // A record of TLS is copied out of OpenSSL anyway: tapped, a link over TLS took a fifth more CPU time.
    if (!(socket instanceof Socket) || 'encrypted' in socket) return undefined
    if (buffer === undefined || onRead === undefined || nextBuffer === undefined) return undefined
    if (typeof handle?.useUserBuffer !== 'function' || internal[buffer] !== null) return undefined
    const tap = new ReadTap(socket, owner)
    const memory = tap.#memory()
    internal[buffer] = memory
    internal[onRead] = (bytes: number, memory: Uint8Array) =>
      tap.#read(memory.subarray(0, bytes), bytes === memory.length)
    internal[nextBuffer] = () => tap.#memory()
    handle.useUserBuffer(memory)
    return tap
  }

  /** From now on all goes to the stream again. */
  close(): void {
    this.#open = false
  }

  #memory(): Uint8Array {
    return this.#owner.readMemory() ?? (shared ??= new Uint8Array(sharedBytes))
  }

  #read(bytes: Uint8Array, isFull: boolean): boolean {
    const socket = this.#socket
    // A stream reads once more after a pause now and then, and what it reads is for later.
    const flows = socket.readableFlowing === true && socket.readableLength === 0
    if (!this.#open || !flows || socket.listenerCount('data') !== 1) return socket.push(Buffer.from(bytes))
    return this.#owner.onRead(bytes, isFull)
  }
}

/** What `onread` of `net.connect` sets, under names that Node keeps to itself. */
interface Internal {
  readonly _handle?: { useUserBuffer?(memory: Uint8Array): void } | null
  [symbol: symbol]: unknown
}

const [buffer, onRead, nextBuffer] = internalSymbols('kBuffer', 'kBufferCb', 'kBufferGen')

function internalSymbols(...names: string[]): (symbol | undefined)[] {
  const symbols = Object.getOwnPropertySymbols(new Socket())
  return names.map((name) => symbols.find(({ description }) => description === name))
}
