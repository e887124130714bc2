import type { Clock, TimerHandle } from '@ls/foundation'
import type { TransportCloseReason, TransportHandler } from '@ls/mux'
import { CloseCode } from './close-code.js'

export interface InboxOptions {
  readonly clock: Clock
  /** The owner has taken all there is, and reads: read on. */
  onReading(): void
  /** The owner has not read for {@link unreadDeadlineMs} what arrived before the end. */
  onUnread(): void
}

/**
 * What a transport has for its owner: messages, held while the owner is paused, and behind them the end. It keeps how
 * far the transport is in its life, so that nothing is delivered out of order or twice.
 */
export class Inbox {
  readonly #options: InboxOptions
  /** `destroyed` delivers nothing more; `closed` means that `onClose` was called. */
  #state: 'open' | 'closing' | 'destroyed' | 'closed' = 'open'
  #handler: TransportHandler | undefined
  #isPaused = false
  /** Messages that were read before a pause took effect. */
  #held: Uint8Array[]
  /** Our own reason for the end, if it was us. */
  #ownReason: TransportCloseReason | undefined
  /** Set once the connection is gone, while `onClose` still waits for held messages. */
  #ended: TransportCloseReason | undefined
  #unreadTimer: TimerHandle

  /** @param early What arrived before there was a transport. */
  constructor(options: InboxOptions, early: readonly Uint8Array[] = []) {
    this.#options = options
    this.#held = [...early]
  }

  get state(): 'open' | 'closing' | 'destroyed' | 'closed' {
    return this.#state
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Whether there is an owner that takes messages now. */
  get isFlowing(): boolean {
    return !this.#isPaused && this.#handler !== undefined
  }

  get hasOwner(): boolean {
    return this.#handler !== undefined
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined
  }

  /** Our own reason for the end; undefined if the peer or the network ends it. */
  get ownReason(): TransportCloseReason | undefined {
    return this.#ownReason
  }

  setHandler(handler: TransportHandler): void {
    this.#handler = handler
    process.nextTick(this.#release)
  }

  /** Delivers no more messages until `resume`; returns false if it was paused already. */
  pause(): boolean {
    if (this.#isPaused) return false
    this.#isPaused = true
    return true
  }

  /** Hands over what was held, from the next tick on. */
  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    process.nextTick(this.#release)
  }

  /** A message has arrived. After a pause or a close, those that were read already still come. */
  receive(message: Uint8Array): void {
    if (this.#state === 'destroyed' || this.#state === 'closed') return
    if (this.isFlowing && this.#held.length === 0) this.#handler?.onMessage(message)
    else if (this.isFlowing || this.#state === 'open') this.#held.push(message)
  }

  /** The owner may send again. */
  drained(): void {
    if (this.#state === 'open') this.#handler?.onDrain()
  }

  /**
   * We close: what a paused owner has not taken is dropped, while one that reads gets all that comes before the peer's
   * answer. Returns false if the end has begun already.
   */
  close(reason: TransportCloseReason): boolean {
    if (this.#state !== 'open') return false
    this.#state = 'closing'
    this.#ownReason = reason
    if (!this.isFlowing) this.#held = []
    return true
  }

  /** We break off: no more messages, only the end. Returns false if the owner knows of it already. */
  destroy(reason: TransportCloseReason = { code: CloseCode.abnormal, reason: 'destroyed' }): boolean {
    if (this.#state === 'closed') return false
    this.#state = 'destroyed'
    this.#held = []
    this.#ownReason ??= reason
    if (this.#ended !== undefined) process.nextTick(this.#release)
    return true
  }

  /** The connection is gone. The owner gets the messages from before it first, if it reads in time. */
  end(reason: TransportCloseReason): void {
    this.#ended = reason
    if (this.#state === 'open') this.#state = 'closing'
    if (this.#held.length === 0) return this.#announceEnd(reason)
    this.#unreadTimer = this.#options.clock.setTimeout(() => this.#options.onUnread(), unreadDeadlineMs)
  }

  /** Delivers held messages, then has the transport read on. Runs from the event loop only, never inside a call. */
  readonly #release = (): void => {
    const held = this.#held
    let next = 0
    for (let message = held[0]; message !== undefined && this.isFlowing && held === this.#held; message = held[next]) {
      next++
      this.#handler?.onMessage(message)
    }
    if (held === this.#held) held.splice(0, next)
    if (this.#held.length > 0) return
    if (this.#ended !== undefined) this.#announceEnd(this.#ended)
    else if (this.isFlowing) this.#options.onReading()
  }

  #announceEnd(reason: TransportCloseReason): void {
    if (this.#state === 'closed' || this.#handler === undefined) return
    this.#state = 'closed'
    this.#options.clock.clearTimeout(this.#unreadTimer)
    this.#handler.onClose(reason)
  }
}

/**
 * How long messages that arrived before the end wait for a paused owner, in milliseconds: longer than the 30 s after
 * which a session gives up a stuck channel and reads on (protocol.md §2).
 */
const unreadDeadlineMs = 60_000
