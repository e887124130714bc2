import { connect, type IpcNetConnectOpts, type OnReadOpts, Socket, type TcpNetConnectOpts } from 'node:net'

/**
 * Memory that all sockets of a thread read into, one after the other, in bytes: twice what Node reads at once. Two plain
 * relays in a row with it took a fifth less CPU time, though they copied each byte once more; 256 KiB did no better.
 */
const sharedBytes = 131_072

/** Where it is, once there is a socket that reads. */
let shared: Uint8Array | undefined

const taps = new WeakMap<object, ReadTap>()

/**
 * Reads of a socket, handed out before they are a stream. A socket reads into memory of its own, 64 KiB each time, which
 * the collector has to find; one with a tap reads into memory that stays in the cache, and whoever opens the tap copies
 * out what is to stay. While nobody has, or somebody else listens for `data`, the socket is a stream as ever.
 *
 * @example
 * ```ts
 * const socket = connectTapped({ port: 80 })
 * ReadTap.of(socket)?.open((bytes) => hash.update(bytes))
 * ```
 */
export class ReadTap {
  readonly onread: OnReadOpts
  #socket: Socket | undefined
  #sink: ((bytes: Uint8Array) => void) | undefined

  constructor() {
    shared ??= new Uint8Array(sharedBytes)
    this.onread = { buffer: shared, callback: (bytes, buffer) => this.#read(buffer.subarray(0, bytes)) }
  }

  /** The tap of a socket, if it has one. */
  static of(socket: object): ReadTap | undefined {
    return taps.get(socket)
  }

  /** `socket` was made with {@link onread}. */
  attach(socket: Socket): void {
    this.#socket = socket
    taps.set(socket, this)
  }

  /**
   * From now on `sink` gets what is read, in memory that is another's when it returns. What the stream holds already comes
   * as `data` first: whoever opens the tap has to listen for that as well, and nobody else may.
   */
  open(sink: (bytes: Uint8Array) => void): void {
    this.#sink = sink
  }

  close(): void {
    this.#sink = undefined
  }

  #read(bytes: Uint8Array): boolean {
    const socket = this.#socket
    if (socket === undefined) return true
    // A stream reads once more after a pause now and then, and what it reads is for later.
    const flows = socket.readableFlowing === true && socket.readableLength === 0
    if (this.#sink === undefined || !flows || socket.listenerCount('data') !== 1) return socket.push(Buffer.from(bytes))
    this.#sink(bytes)
    return true
  }
}

/** `net.connect`, for a socket with a tap. */
export function connectTapped(options: TcpNetConnectOpts | IpcNetConnectOpts): Socket {
  const tap = new ReadTap()
  const socket = connect({ ...options, onread: tap.onread })
  tap.attach(socket)
  return socket
}

/** What Node has no public names for. */
interface Accepted {
  _handle: { useUserBuffer?: unknown; reading?: boolean } | null
  _server: unknown
  server: unknown
}

/**
 * A socket with a tap in the place of one that a server has just accepted; that one itself where it cannot be had. It is
 * paused if that one was.
 */
export function tapAccepted(accepted: Socket): Socket {
  const inner = accepted as unknown as Accepted
  const handle = inner._handle
  if (typeof handle?.useUserBuffer !== 'function') return accepted
  const tap = new ReadTap()
  const { allowHalfOpen } = accepted
  const options = { handle, allowHalfOpen, pauseOnCreate: accepted.isPaused(), onread: tap.onread }
  const socket = new Socket(options)
  const outer = socket as unknown as Accepted
  outer.server = inner.server
  outer._server = inner._server
  inner._handle = null
  tap.attach(socket)
  return socket
}
