import { type Clock, systemClock, type TimerHandle } from '@ls/foundation'
import { type MessageTransport, SessionCloseCode, type TransportCloseReason, type TransportHandler } from '@ls/mux'
import type { Keepalive } from '@ls/mux/keepalive'

/** Bytes that may wait in the WebSocket before `send` returns false: 4 ms, a page's shortest wait, at 125 MB/s. */
const highWaterBytes = 524_288

/**
 * Interval at which a waiting sender checks whether the WebSocket has room, in milliseconds. Hidden pages check less
 * often.
 */
const pollMs = 4

/** Most received bytes that wait while paused. Windows stop the peer earlier; a base peer has none. */
const maxHeldBytes = 33_554_432

/** Longest reason of a close frame, in bytes (RFC 6455 §5.5). */
const maxReasonBytes = 123

/** The part of a `WebSocket` that a transport uses. */
export type WebSocketLike = Pick<
  WebSocket,
  'binaryType' | 'bufferedAmount' | 'readyState' | 'send' | 'close' | 'onmessage' | 'onclose'
>

/** Options of a {@link WebSocketTransport}. */
export interface WebSocketTransportOptions {
  /** Source of time. @default the system's clock */
  readonly clock?: Clock | undefined
  /**
   * Returns the code to close with in place of one that the platform does not let a program send. @default for pages,
   * which may send 1000 and 3000 to 4999
   */
  readonly closeCode?: ((code: number) => number) | undefined
}

/**
 * A browser's WebSocket as a message transport. It cannot be paused, so arriving messages wait here: windows limit
 * them. It cannot ping: others make its heartbeat. No page can cut a connection: `destroy` only releases it.
 */
export class WebSocketTransport implements MessageTransport {
  readonly roundTripMs = undefined
  readonly #socket: WebSocketLike
  readonly #clock: Clock
  readonly #closeCode: (code: number) => number
  #handler: TransportHandler | undefined
  #held: Uint8Array[] = []
  #heldBytes = 0
  #paused = false
  #isReleasing = false
  /** Whether `send` has returned false, and `onDrain` must follow. */
  #isHeld = false
  #pollTimer: TimerHandle
  /** `ended`: by this end; `closed`: `onClose` was called. */
  #state: 'open' | 'ended' | 'closed' = 'open'
  #reason: TransportCloseReason | undefined
  /** Reason of the close; undefined while the WebSocket is open. */
  #ended: TransportCloseReason | undefined
  #keepalive: Keepalive | undefined

  /** @param socket An open WebSocket. */
  constructor(socket: WebSocketLike, { clock = systemClock, closeCode = pageCode }: WebSocketTransportOptions = {}) {
    this.#socket = socket
    this.#clock = clock
    this.#closeCode = closeCode
    socket.binaryType = 'arraybuffer'
    socket.onmessage = ({ data }) => this.#receive(data)
    socket.onclose = ({ code, reason }) => this.#closed({ code, reason })
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount
  }

  get keepalive(): Keepalive | undefined {
    return this.#keepalive
  }

  /** Whether it may send. */
  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /** Starts a heartbeat, for the session that the transport is attached to; with short deadlines, since it resumes. */
  beat(keepalive: Keepalive): void {
    if (!this.isOpen) return
    this.#keepalive = keepalive
    if (this.#paused) keepalive.pause()
    keepalive.start()
    keepalive.hasten()
  }

  send(message: Uint8Array): boolean {
    if (!this.isOpen || this.#socket.readyState !== isOpen) return false
    // The WebSocket copies it immediately.
    this.#socket.send(message as Uint8Array<ArrayBuffer>)
    if (this.#socket.bufferedAmount <= highWaterBytes) return true
    this.#isHeld = true
    this.#poll()
    return false
  }

  pause(): void {
    this.#paused = true
    this.#keepalive?.pause()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#keepalive?.resume()
    this.#releaseLater()
  }

  close(reason: TransportCloseReason = { code: 1000, reason: '' }): void {
    if (!this.isOpen) return
    this.#state = 'ended'
    this.#reason = reason
    this.#stopPolling()
    this.#socket.close(this.#closeCode(reason.code), closeText(reason.reason))
  }

  destroy(reason: TransportCloseReason = { code: 1006, reason: 'destroyed' }): void {
    if (this.#state === 'closed' || this.#socket.onmessage === null) return
    this.#state = 'ended'
    this.#reason ??= reason
    this.#held = []
    this.#stopPolling()
    // On a dead network the close handshake would take minutes.
    this.#socket.onmessage = null
    this.#socket.onclose = null
    this.#socket.close()
    this.#clock.setTimeout(() => this.#closed(reason), 0)
  }

  setHandler(handler: TransportHandler): void {
    this.#handler = handler
    this.#releaseLater()
  }

  #receive(data: unknown): void {
    if (!(data instanceof ArrayBuffer)) return this.close({ code: 1003, reason: 'only binary messages count' })
    const message = new Uint8Array(data)
    this.#keepalive?.received()
    this.#drained()
    if (this.#flowing) return this.#handler?.onMessage(message)
    this.#held.push(message)
    this.#heldBytes += message.length
    if (this.#heldBytes > maxHeldBytes)
      this.close({ code: 1009, reason: `more than ${maxHeldBytes} bytes wait to be read` })
  }

  get #flowing(): boolean {
    return this.#handler !== undefined && !this.#paused && this.#held.length === 0
  }

  #releaseLater(): void {
    if (this.#isReleasing || (this.#held.length === 0 && this.#ended === undefined)) return
    this.#isReleasing = true
    this.#clock.setTimeout(() => {
      this.#isReleasing = false
      this.#release()
    }, 0)
  }

  #release(): void {
    while (!this.#paused && this.#state !== 'closed') {
      const message = this.#held.shift()
      if (message === undefined) break
      this.#heldBytes -= message.length
      this.#handler?.onMessage(message)
    }
    // Messages that arrived before the end are delivered first.
    if (this.#ended === undefined || this.#held.length > 0 || this.#state === 'closed') return
    this.#state = 'closed'
    this.#handler?.onClose(this.#reason ?? this.#ended)
  }

  #poll(): void {
    this.#pollTimer ??= this.#clock.setTimeout(() => {
      this.#pollTimer = undefined
      if (!this.#drained()) this.#poll()
    }, pollMs)
  }

  /** Notifies a waiting sender when half of the queue has left. True if no sender waits. */
  #drained(): boolean {
    if (!this.#isHeld || !this.isOpen) return true
    if (this.#socket.bufferedAmount > highWaterBytes / 2) return false
    this.#isHeld = false
    this.#stopPolling()
    this.#handler?.onDrain()
    return true
  }

  #stopPolling(): void {
    this.#clock.clearTimeout(this.#pollTimer)
    this.#pollTimer = undefined
  }

  #closed(reason: TransportCloseReason): void {
    this.#ended ??= reason
    this.#stopPolling()
    this.#keepalive?.stop()
    if (!this.#isReleasing) this.#release()
  }
}

/** `WebSocket.OPEN`, a constant that is not defined on every platform. */
const isOpen = 1

/** Valid code for a close: pages may send only 1000 and 3000 to 4999. */
function pageCode(code: number): number {
  if (code === SessionCloseCode.ProtocolError) return SessionCloseCode.SessionEnded
  return code >= 3000 && code <= 4999 ? code : 1000
}

function closeText(text: string): string {
  const bytes = new TextEncoder().encode(text)
  return bytes.length <= maxReasonBytes ? text : new TextDecoder().decode(bytes.subarray(0, maxReasonBytes - 3), {})
}
