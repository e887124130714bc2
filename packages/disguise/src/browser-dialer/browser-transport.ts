import type { Clock, TimerHandle } from '@ls/foundation'
import type { MessageTransport, TransportCloseReason, TransportHandler } from '@ls/mux'
import { processFramePool } from '@ls/mux/frames'
import { CloseCode, TransportError, type WebSocketTransport } from '@ls/transport'
import { closeReason } from '@ls/transport/custom-connect'

/** Close code by which the page marks a text that starts with the real code: pages may send few codes themselves. */
const relayedCode = 3999

/** Interval at which the page is asked whether a held sender may continue, in milliseconds. */
const askIntervalMs = 10

export interface BrowserTransportOptions {
  readonly clock: Clock
  /** Largest message accepted from the server, in bytes. */
  readonly maxMessageBytes: number
  /** Requests a report of the page when it accepts more. */
  ask(): void
  onEnd(): void
}

/**
 * A WebSocket opened by a browser, through the connection on which its page forwards the messages. It has no
 * `keepalive` and measures no round trip: pings would reach the browser and not the server.
 */
export class BrowserTransport implements MessageTransport {
  readonly roundTripMs = undefined
  readonly #link: WebSocketTransport
  readonly #options: BrowserTransportOptions
  #handler: TransportHandler | undefined
  /** Whether the page holds too many bytes that the server has not taken. */
  #isHeld = false
  /** Messages sent while held. */
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #askTimer: TimerHandle
  /** Our own reason for the end, if this side ended the link. */
  #ownReason: TransportCloseReason | undefined

  constructor(link: WebSocketTransport, options: BrowserTransportOptions) {
    this.#link = link
    this.#options = options
  }

  get bufferedBytes(): number {
    return this.#link.bufferedBytes + this.#waitingBytes
  }

  send(message: Uint8Array): boolean {
    if (!this.#isHeld) return this.#link.send(message)
    if (this.#ownReason !== undefined) return false
    processFramePool.hold(message)
    this.#waiting.push(message)
    this.#waitingBytes += message.length
    return false
  }

  pause(): void {
    this.#link.pause()
  }

  resume(): void {
    this.#link.resume()
  }

  close(reason: TransportCloseReason = { code: CloseCode.normal, reason: '' }): void {
    this.#ownReason ??= reason
    this.#sendWaiting()
    this.#link.close(reason)
  }

  destroy(): void {
    this.#ownReason ??= { code: CloseCode.abnormal, reason: 'destroyed' }
    this.#dropWaiting()
    this.#link.destroy()
  }

  setHandler(handler: TransportHandler): void {
    const isFirst = this.#handler === undefined
    this.#handler = handler
    if (!isFirst) return
    this.#link.setHandler({
      onMessage: (message) => this.#receive(message),
      onDrain: () => {
        if (!this.#isHeld) this.#handler?.onDrain()
      },
      onClose: (reason) => {
        this.stopAsking()
        this.#isHeld = false
        this.#dropWaiting()
        this.#options.onEnd()
        this.#handler?.onClose(this.#ownReason ?? relayedReason(reason, this.#options.maxMessageBytes))
      },
    })
  }

  /** Stops sending: the page accepts no more for now. */
  hold(): void {
    if (this.#isHeld) return
    this.#isHeld = true
    this.#askLater()
  }

  /** Continues sending: the page accepts more again. */
  release(): void {
    if (!this.#isHeld) return
    this.stopAsking()
    this.#isHeld = false
    if (this.#sendWaiting()) this.#handler?.onDrain()
  }

  /** Stops the requests, since the page is closed. */
  stopAsking(): void {
    this.#options.clock.clearTimeout(this.#askTimer)
    this.#askTimer = undefined
  }

  /** Sends waiting messages; returns whether the link accepts more after that. */
  #sendWaiting(): boolean {
    const more = this.#waiting.map((message) => this.#link.send(message)).at(-1) ?? true
    this.#dropWaiting()
    return more
  }

  #dropWaiting(): void {
    for (const message of this.#waiting) processFramePool.give(message)
    this.#waiting = []
    this.#waitingBytes = 0
  }

  #askLater(): void {
    this.#askTimer = this.#options.clock.setTimeout(() => {
      this.#options.ask()
      this.#askLater()
    }, askIntervalMs)
  }

  #receive(message: Uint8Array): void {
    const { maxMessageBytes } = this.#options
    if (message.length <= maxMessageBytes) return this.#handler?.onMessage(message)
    const reason = `the peer sent a message of more than ${maxMessageBytes} bytes`
    this.close({ code: 1009, reason, cause: new TransportError('ERR_TRANSPORT_MESSAGE_TOO_LARGE', reason) })
  }
}

/** Returns the close of the server's WebSocket as the page reports it; without a report, the page itself was closed. */
function relayedReason(given: TransportCloseReason, maxMessageBytes: number): TransportCloseReason {
  if (given.code !== relayedCode) {
    return given.code === CloseCode.goingAway || given.code === CloseCode.abnormal ? pageGone(given) : given
  }
  const [, code = '', text = ''] = /^(\d{4}) ?(.*)$/s.exec(given.reason) ?? []
  return closeReason(Number(code) || CloseCode.abnormal, text, undefined, maxMessageBytes)
}

function pageGone({ reason, cause }: TransportCloseReason): TransportCloseReason {
  const message = `the page in the browser has gone: ${reason}`
  const error = new TransportError('ERR_TRANSPORT_BROWSER', message, cause === undefined ? {} : { cause })
  return { code: CloseCode.abnormal, reason: message, cause: error }
}
