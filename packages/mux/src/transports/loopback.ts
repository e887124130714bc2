import type { MessageTransport, TransportCloseReason, TransportHandler } from '../link/transport.js'

/**
 * Bytes waiting at one end above which the other end's `send` returns false. There is no network between the two ends,
 * so this covers only the time until the next turn of the event loop.
 */
const highWaterBytes = 256 * 1024

const cut: TransportCloseReason = { code: 1006, reason: 'destroyed' }

/** Options of {@link loopbackPair}. */
export interface LoopbackOptions {
  /**
   * Runs a delivery later. A server passes `setImmediate`, so that its sockets are served between two deliveries.
   * @default queueMicrotask
   */
  readonly defer?: ((deliver: () => void) => void) | undefined
  /**
   * Whether the receiver gets the sender's memory instead of a copy. Not for sessions with `resume`, which reuse the
   * memory. @default false
   */
  readonly sharesMemory?: boolean | undefined
}

/**
 * Makes two transports in this process that are each other's peer.
 *
 * @example
 * const [near, far] = loopbackPair()
 * client.attach(near)
 * server.attach(far)
 */
export function loopbackPair(options: LoopbackOptions = {}): [MessageTransport, MessageTransport] {
  const left = new LoopbackEnd(options)
  const right = new LoopbackEnd(options)
  left.join(right)
  right.join(left)
  return [left, right]
}

/**
 * One end of the pair. It does not use `Inbox`: the peer sends within its own calls, so every message waits for a later
 * turn, and the sender learns from this queue when it may send again.
 */
class LoopbackEnd implements MessageTransport {
  readonly roundTripMs = undefined
  readonly #defer: (deliver: () => void) => void
  readonly #sharesMemory: boolean
  #peer!: LoopbackEnd
  #handler: TransportHandler | undefined
  #inbox: Uint8Array[] = []
  #inboxBytes = 0
  #paused = false
  /** Whether `send` has returned false since the last `onDrain`. */
  #blocked = false
  #scheduled = false
  /** `closing`: the close is queued behind the messages in the inbox. */
  #state: 'open' | 'closing' | 'closed' = 'open'
  #reason: TransportCloseReason = cut

  constructor({ defer = queueMicrotask, sharesMemory = false }: LoopbackOptions) {
    this.#defer = defer
    this.#sharesMemory = sharesMemory
  }

  join(peer: LoopbackEnd): void {
    this.#peer = peer
  }

  get bufferedBytes(): number {
    return this.#peer.#inboxBytes
  }

  send(message: Uint8Array): boolean {
    if (this.#state !== 'open') return false
    this.#peer.#take(this.#sharesMemory ? message : message.slice())
    if (this.bufferedBytes <= highWaterBytes) return true
    this.#blocked = true
    return false
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#schedule()
  }

  close(reason: TransportCloseReason = { code: 1000, reason: '' }): void {
    this.#end(reason)
    this.#peer.#end(reason)
  }

  destroy(): void {
    this.#inbox = []
    this.#inboxBytes = 0
    this.close(cut)
    this.#schedule()
  }

  setHandler(handler: TransportHandler): void {
    this.#handler = handler
    this.#schedule()
  }

  #take(message: Uint8Array): void {
    if (this.#state !== 'open') return
    this.#inbox.push(message)
    this.#inboxBytes += message.length
    this.#schedule()
  }

  #end(reason: TransportCloseReason): void {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#reason = reason
    this.#schedule()
  }

  /** Delivers later, never inside a call of the owner. */
  #schedule(): void {
    if (this.#scheduled || this.#state === 'closed') return
    this.#scheduled = true
    this.#defer(() => {
      this.#scheduled = false
      this.#deliver()
    })
  }

  #deliver(): void {
    const handler = this.#handler
    if (handler === undefined) return
    this.#deliverMessages(handler)
    this.#peer.#drained()
    // Messages waiting for a paused owner go before the end.
    if (this.#state !== 'closing' || (this.#paused && this.#inbox.length > 0)) return
    this.#state = 'closed'
    handler.onClose(this.#reason)
  }

  #deliverMessages(handler: TransportHandler): void {
    const inbox = this.#inbox
    let next = 0
    for (
      let message = inbox[0];
      message !== undefined && !this.#paused && inbox === this.#inbox;
      message = inbox[next]
    ) {
      next++
      this.#inboxBytes -= message.length
      handler.onMessage(message)
    }
    inbox.splice(0, next)
  }

  #drained(): void {
    if (!this.#blocked || this.#state !== 'open' || this.bufferedBytes > highWaterBytes) return
    this.#blocked = false
    this.#handler?.onDrain()
  }
}
