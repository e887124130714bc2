import type { Clock, TimerHandle } from '@ls/foundation'
import type { MessageTransport, TransportCloseReason, TransportHandler } from '@ls/mux'
import type { Account } from './account.js'

export interface MeteredTransportOptions {
  readonly clock: Clock
  /** Accounts that are all charged for incoming bytes. */
  readonly accounts: readonly Account[]
  /** Called when an account has nothing left for today. */
  onUsedUp(reason: string): void
}

/**
 * Counts the incoming bytes of a relay's link, and pauses the link if it is too fast. All traffic of a relay comes in
 * once over some link, so both directions are counted. The cost for a message is a few additions.
 */
export class MeteredTransport implements MessageTransport {
  readonly #transport: MessageTransport
  readonly #options: MeteredTransportOptions
  #isPaused = false
  #restTimer: TimerHandle
  #isOver = false

  constructor(transport: MessageTransport, options: MeteredTransportOptions) {
    this.#transport = transport
    this.#options = options
  }

  get bufferedBytes(): number {
    return this.#transport.bufferedBytes
  }

  get roundTripMs(): number | undefined {
    return this.#transport.roundTripMs
  }

  get keepalive(): MessageTransport['keepalive'] {
    return this.#transport.keepalive
  }

  send(message: Uint8Array, headroomBytes?: number): boolean {
    return this.#transport.send(message, headroomBytes)
  }

  pause(): void {
    this.#isPaused = true
    this.#transport.pause()
  }

  resume(): void {
    this.#isPaused = false
    if (this.#restTimer === undefined) this.#transport.resume()
  }

  close(reason?: TransportCloseReason): void {
    this.#transport.close(reason)
  }

  destroy(): void {
    this.#transport.destroy()
  }

  setHandler(handler: TransportHandler): void {
    this.#transport.setHandler({
      onMessage: (message) => {
        const { byteLength } = message
        handler.onMessage(message)
        this.#pay(byteLength)
      },
      onDrain: () => handler.onDrain(),
      onClose: (reason) => {
        this.#isOver = true
        this.#options.clock.clearTimeout(this.#restTimer)
        handler.onClose(reason)
      },
    })
  }

  #pay(bytes: number): void {
    const { accounts, onUsedUp } = this.#options
    let restMs = 0
    let fault: string | undefined
    for (const account of accounts) {
      restMs = Math.max(restMs, account.charge(bytes))
      fault ??= account.dayFault
    }
    if (this.#isOver) return
    if (fault !== undefined) return onUsedUp(fault)
    if (restMs > 0) this.#rest(restMs)
  }

  #rest(restMs: number): void {
    const { clock } = this.#options
    clock.clearTimeout(this.#restTimer)
    this.#transport.pause()
    this.#restTimer = clock.setTimeout(() => {
      this.#restTimer = undefined
      if (!this.#isPaused) this.#transport.resume()
    }, restMs)
  }
}
