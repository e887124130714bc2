import type { CloseReasonShape, HandlerShape, TransportShape } from './transport-shape.js'

/** Clock of a memory transport: a {@link FakeClock}, or the real one by default. */
interface Timing {
  setTimeout(callback: () => void, delayMs: number): unknown
  clearTimeout(handle: unknown): void
}

export interface MemoryTransportOptions {
  /** Time for latency and deadlines. @default the real clock; with no latency, delivery in the next turn */
  readonly clock?: Timing
  /** One-way delay in milliseconds. @default 0 */
  readonly latencyMs?: number
  /** `send` returns false while more bytes than this wait at the sender. @default 65_536 */
  readonly highWaterBytes?: number
  /** Most bytes under way and unread at the receiver; one message always fits. @default 65_536 */
  readonly wireBytes?: number
  /** How long a closing end waits for the peer, in milliseconds. @default 5000 */
  readonly closeTimeoutMs?: number
}

/** One end of {@link memoryTransportPair}, with the faults a test can cause. */
export interface MemoryTransport extends TransportShape {
  /** Breaks the connection: both ends close with 1006 in the next turn, and what is under way is lost. */
  cut(): void
  /** From now on no bytes arrive in either direction and no handler is called, as when a cable is pulled. */
  blackhole(): void
}

type Item =
  | { readonly kind: 'message'; readonly original: Uint8Array; readonly copy: Uint8Array }
  | { readonly kind: 'end'; readonly reason: CloseReasonShape }

const lostLink: CloseReasonShape = { code: 1006, reason: 'connection lost' }

/**
 * Two connected transports without a network, which keep the contract of `MessageTransport`. Bytes leave the sender
 * only as the receiver takes them, so back-pressure behaves as on a socket. Each message is copied and compared on
 * delivery, which detects a sender that changes one after `send`.
 *
 * @example
 * ```ts
 * const clock = new FakeClock()
 * const [a, b] = memoryTransportPair({ clock, latencyMs: 20 })
 * a.send(bytes)
 * clock.advance(20) // b's onMessage has run
 * ```
 */
export function memoryTransportPair(options: MemoryTransportOptions = {}): [MemoryTransport, MemoryTransport] {
  const link: Link = { up: true }
  const a = new End(link, options)
  const b = new End(link, options)
  a.connect(b)
  b.connect(a)
  return [a, b]
}

interface Link {
  up: boolean
}

class End implements MemoryTransport {
  readonly #link: Link
  readonly #clock: Timing
  readonly #latencyMs: number
  readonly #highWaterBytes: number
  readonly #wireBytes: number
  readonly #closeTimeoutMs: number
  readonly #timers = new Set<unknown>()
  readonly #waiting: Item[] = []
  readonly #inbox: Item[] = []
  #peer!: End
  #handler: HandlerShape | undefined
  #state: 'open' | 'closing' | 'closed' = 'open'
  #ended: CloseReasonShape | undefined
  #closeReason: CloseReasonShape | undefined
  #paused = false
  #blocked = false
  #pumping = false
  #bufferedBytes = 0
  /** Bytes of ours that are under way or in the peer's inbox. */
  #onWireBytes = 0

  constructor(link: Link, options: MemoryTransportOptions) {
    this.#link = link
    this.#clock = options.clock ?? turnClock
    this.#latencyMs = options.latencyMs ?? 0
    this.#highWaterBytes = options.highWaterBytes ?? 64 * 1024
    this.#wireBytes = options.wireBytes ?? 64 * 1024
    this.#closeTimeoutMs = options.closeTimeoutMs ?? 5000
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  get roundTripMs(): number | undefined {
    return this.#latencyMs === 0 ? undefined : 2 * this.#latencyMs
  }

  connect(peer: End): void {
    this.#peer = peer
  }

  send(message: Uint8Array): boolean {
    if (this.#state !== 'open') return false
    this.#waiting.push({ kind: 'message', original: message, copy: Uint8Array.from(message) })
    this.#bufferedBytes += message.length
    this.#schedulePump()
    if (this.#bufferedBytes <= this.#highWaterBytes) return true
    this.#blocked = true
    return false
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#schedule(0, () => this.#deliver())
  }

  close(reason: CloseReasonShape = { code: 1000, reason: '' }): void {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#closeReason = reason
    this.#waiting.push({ kind: 'end', reason })
    this.#schedulePump()
    this.#schedule(this.#closeTimeoutMs, () => this.#abort())
  }

  destroy(): void {
    if (this.#state === 'closed') return
    this.#closeReason ??= { code: 1006, reason: 'destroyed' }
    this.#abort()
  }

  setHandler(handler: HandlerShape): void {
    const first = this.#handler === undefined
    this.#handler = handler
    if (this.#ended === undefined) this.#schedule(0, () => this.#deliver())
    else if (first) this.#announceEnd(handler, this.#ended)
  }

  cut(): void {
    this.#link.up = false
    this.#finish(lostLink)
    this.#peer.#finish(lostLink)
  }

  blackhole(): void {
    this.#link.up = false
  }

  /** Ends this side immediately; the peer is notified after the sent bytes have arrived, if the link is up. */
  #abort(): void {
    this.#finish(lostLink)
    this.#peer.#arriveLater([{ kind: 'end', reason: lostLink }])
  }

  #schedulePump(): void {
    if (this.#pumping) return
    this.#pumping = true
    this.#schedule(0, () => {
      this.#pumping = false
      this.#pump()
    })
  }

  /** Moves what fits from the sender onto the wire, as one batch that arrives together. */
  #pump(): void {
    const batch: Item[] = []
    for (let item = this.#waiting[0]; item !== undefined && this.#fits(item); item = this.#waiting[0]) {
      this.#waiting.shift()
      this.#bufferedBytes -= sizeOf(item)
      this.#onWireBytes += sizeOf(item)
      batch.push(item)
    }
    if (batch.length > 0) this.#peer.#arriveLater(batch)
    if (!this.#blocked || this.#waiting.length > 0 || this.#state !== 'open') return
    this.#blocked = false
    this.#handler?.onDrain()
  }

  #fits(item: Item): boolean {
    return this.#onWireBytes === 0 || this.#onWireBytes + sizeOf(item) <= this.#wireBytes
  }

  #arriveLater(batch: readonly Item[]): void {
    this.#schedule(this.#latencyMs, () => {
      if (!this.#link.up) return
      this.#inbox.push(...batch)
      this.#deliver()
    })
  }

  #deliver(): void {
    while (!this.#paused && this.#handler !== undefined && this.#state !== 'closed') {
      const item = this.#inbox.shift()
      if (item === undefined) return
      if (item.kind === 'end') return this.#endByPeer(item.reason)
      this.#peer.#taken(sizeOf(item))
      assertUnchanged(item.original, item.copy)
      this.#handler.onMessage(item.copy)
    }
  }

  #taken(bytes: number): void {
    this.#onWireBytes -= bytes
    if (this.#waiting.length > 0) this.#schedulePump()
  }

  #endByPeer(reason: CloseReasonShape): void {
    this.#finish(reason)
    this.#peer.#schedule(this.#latencyMs, () => {
      if (this.#link.up) this.#peer.#finish(reason)
    })
  }

  #finish(reason: CloseReasonShape): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#ended = this.#closeReason ?? reason
    for (const timer of this.#timers) this.#clock.clearTimeout(timer)
    this.#timers.clear()
    this.#waiting.length = 0
    this.#inbox.length = 0
    this.#bufferedBytes = 0
    if (this.#handler !== undefined) this.#announceEnd(this.#handler, this.#ended)
  }

  #announceEnd(handler: HandlerShape, reason: CloseReasonShape): void {
    this.#clock.setTimeout(() => handler.onClose(reason), 0)
  }

  #schedule(delayMs: number, callback: () => void): void {
    if (this.#state === 'closed') return
    const timer = this.#clock.setTimeout(() => {
      this.#timers.delete(timer)
      callback()
    }, delayMs)
    this.#timers.add(timer)
  }
}

/**
 * Real time, except that a delay of 0 means the next turn of the event loop and not a millisecond. A handle is a
 * function that cancels, because `clearImmediate` takes a timeout's handle too and then miscounts for the whole
 * process.
 */
const turnClock: Timing = {
  setTimeout(callback, delayMs) {
    if (delayMs === 0) {
      const immediate = setImmediate(callback)
      return () => clearImmediate(immediate)
    }
    const timeout = setTimeout(callback, delayMs)
    return () => clearTimeout(timeout)
  },
  clearTimeout: (cancel) => (cancel as () => void)(),
}

function sizeOf(item: Item): number {
  return item.kind === 'message' ? item.copy.length : 0
}

function assertUnchanged(original: Uint8Array, copy: Uint8Array): void {
  if (Buffer.compare(original, copy) === 0) return
  throw new Error(`a message of ${copy.length} bytes was changed by its sender after send()`)
}
