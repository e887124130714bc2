import type { Clock, TimerHandle } from '@ls/foundation'
import { type MessageTransport, type TransportHandler, WrappedTransport } from '@ls/mux'
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
export class MeteredTransport extends WrappedTransport {
  readonly #options: MeteredTransportOptions
  #isPaused = false
  #restTimer: TimerHandle
  #isOver = false

  constructor(transport: MessageTransport, options: MeteredTransportOptions) {
    super(transport)
    this.#options = options
  }

  override pause(): void {
    this.#isPaused = true
    super.pause()
  }

  override resume(): void {
    this.#isPaused = false
    if (this.#restTimer === undefined) super.resume()
  }

  override setHandler(handler: TransportHandler): void {
    super.setHandler({
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
    this.inner.pause()
    this.#restTimer = clock.setTimeout(() => {
      this.#restTimer = undefined
      if (!this.#isPaused) this.inner.resume()
    }, restMs)
  }
}
