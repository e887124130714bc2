import { Socket } from 'node:net'

/** Size of the read buffer that the tapped sockets of a thread share, in bytes: one read of Node. */
const sharedBytes = 65_536

/** Length of a read, in bytes, from which more data is likely to follow. Most connections never have one. */
export const longReadBytes = 16_384

/** Shared read buffer, allocated with the first tapped socket. */
let shared: Uint8Array | undefined

/** The owner of a {@link ReadTap}. */
export interface ReadTapOwner {
  /**
   * Returns the buffer for the next read. Undefined reads into the shared buffer, whose contents are only valid during
   * {@link onRead}. Called before each read, and again while reads go to the stream.
   */
  readMemory(): Uint8Array | undefined
  /**
   * Receives the bytes read, at the start of that buffer; if they fill it, more data is likely to follow. Return false
   * to stop reading until the socket is resumed; that costs less than pausing it.
   */
  onRead(bytes: Uint8Array, isFull: boolean): boolean
}

/**
 * Takes the reads of a socket before its stream does. A plain socket allocates 64 KiB for each read, all garbage later.
 * A tapped socket reads into its owner's memory, or into a shared buffer that stays in the CPU cache and from which the
 * owner copies.
 *
 * Node offers this only for sockets that it connects, and only from their start (`onread` of `net.connect`). A tap also
 * works for accepted sockets and for connections that later turn out to carry much data; it costs nothing before that.
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
   * Hands the reads of `socket` to `owner` from the next one on. Reads still go to the stream while it holds data or
   * has more than one `data` listener, so the owner must also listen for `data`. Returns undefined, and changes
   * nothing, for anything but a plain socket and for a Node version without this feature.
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
    // A record of TLS is copied out of OpenSSL in any case: tapped, a link over TLS took a fifth more CPU time.
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

  /** Sends all further reads to the stream again. */
  close(): void {
    this.#open = false
  }

  #memory(): Uint8Array {
    return this.#owner.readMemory() ?? (shared ??= new Uint8Array(sharedBytes))
  }

  #read(bytes: Uint8Array, isFull: boolean): boolean {
    const socket = this.#socket
    // A stream sometimes reads once more after a pause; it keeps those bytes for later.
    const flows = socket.readableFlowing === true && socket.readableLength === 0
    if (!this.#open || !flows || socket.listenerCount('data') !== 1) return socket.push(Buffer.from(bytes))
    return this.#owner.onRead(bytes, isFull)
  }
}

/** Node's private names for the fields that `onread` of `net.connect` sets. */
interface Internal {
  readonly _handle?: { useUserBuffer?(memory: Uint8Array): void } | null
  [symbol: symbol]: unknown
}

const [buffer, onRead, nextBuffer] = internalSymbols('kBuffer', 'kBufferCb', 'kBufferGen')

function internalSymbols(...names: string[]): (symbol | undefined)[] {
  const symbols = Object.getOwnPropertySymbols(new Socket())
  return names.map((name) => symbols.find(({ description }) => description === name))
}
