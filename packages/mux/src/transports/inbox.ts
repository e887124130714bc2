import type { Clock, TimerHandle } from '@ls/foundation'
import type { TransportCloseReason, TransportHandler } from '../link/transport.js'

/** Options of an {@link Inbox}. */
export interface InboxOptions {
  /** Source of time and timers. */
  readonly clock: Clock
  /** Runs a delivery later, but before other events if possible. @default queueMicrotask */
  readonly defer?: ((deliver: () => void) => void) | undefined
  /** Called when the owner has taken all messages and reads: continue reading. */
  onReading(): void
  /** Called when the owner has not read for {@link unreadTimeoutMs} messages from before the end. */
  onUnread(): void
}

/**
 * Messages of a transport for its owner, held while the owner is paused, followed by the end. It keeps the state of the
 * transport, so that nothing is delivered out of order or twice. It is for transports whose messages arrive in events.
 * A transport whose peer may send within a call of the owner, such as that of `loopbackPair`, must deliver later
 * instead.
 */
export class Inbox {
  readonly #options: InboxOptions
  readonly #defer: (deliver: () => void) => void
  #state: 'open' | 'closing' | 'destroyed' | 'closed' = 'open'
  #handler: TransportHandler | undefined
  #isPaused = false
  /** Messages that were read before a pause took effect. */
  #held: Uint8Array[] = []
  #heldBytes = 0
  /** Our own reason for the end, if this side ended the link. */
  #ownReason: TransportCloseReason | undefined
  /** Set once the connection is gone, while `onClose` still waits for held messages. */
  #ended: TransportCloseReason | undefined
  #unreadTimer: TimerHandle

  /** @param early Messages that arrived before there was a transport. */
  constructor(options: InboxOptions, early: readonly Uint8Array[] = []) {
    this.#options = options
    this.#defer = options.defer ?? queueMicrotask
    for (const message of early) this.#hold(message)
  }

  /** State of the transport: `destroyed` delivers no more messages; `closed` means that `onClose` was called. */
  get state(): 'open' | 'closing' | 'destroyed' | 'closed' {
    return this.#state
  }

  /** Whether the owner has paused the transport. */
  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Whether there is an owner that accepts messages now. */
  get isFlowing(): boolean {
    return !this.#isPaused && this.#handler !== undefined
  }

  /** Whether the transport has an owner yet. */
  get hasOwner(): boolean {
    return this.#handler !== undefined
  }

  /** Whether the connection is closed, while the owner may still get earlier messages. */
  get hasEnded(): boolean {
    return this.#ended !== undefined
  }

  /** Bytes that wait for a paused owner. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Our own reason for the end; undefined if the peer or the network ends it. */
  get ownReason(): TransportCloseReason | undefined {
    return this.#ownReason
  }

  /** Sets the owner, which gets the held messages on the next tick. */
  setHandler(handler: TransportHandler): void {
    this.#handler = handler
    this.#defer(this.#release)
  }

  /** Delivers no more messages until `resume`; returns false if it was paused already. */
  pause(): boolean {
    if (this.#isPaused) return false
    this.#isPaused = true
    return true
  }

  /** Delivers held messages, from the next tick on. */
  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#defer(this.#release)
  }

  /** Receives a message. Messages that were read before a pause or a close may still arrive after it. */
  receive(message: Uint8Array): void {
    if (this.#state === 'destroyed' || this.#state === 'closed') return
    if (this.isFlowing && this.#held.length === 0) this.#handler?.onMessage(message)
    else if (this.isFlowing || this.#state === 'open') this.#hold(message)
  }

  /** Notifies the owner that it may send again. */
  drained(): void {
    if (this.#state === 'open') this.#handler?.onDrain()
  }

  /**
   * Closes from this side: messages that a paused owner has not taken are dropped, while one that reads gets all
   * messages before the peer's answer. Returns false if the end has begun already.
   */
  close(reason: TransportCloseReason): boolean {
    if (this.#state !== 'open') return false
    this.#state = 'closing'
    this.#ownReason = reason
    if (!this.isFlowing) this.#dropHeld()
    return true
  }

  /** Cuts from this side: no more messages, only the end. Returns false if the owner has received the end already. */
  destroy(reason: TransportCloseReason = { code: 1006, reason: 'destroyed' }): boolean {
    if (this.#state === 'closed') return false
    this.#state = 'destroyed'
    this.#dropHeld()
    this.#ownReason ??= reason
    if (this.#ended !== undefined) this.#defer(this.#release)
    return true
  }

  /**
   * Ends the inbox, since the connection is closed. The owner gets earlier messages first, if it reads in time.
   *
   * @param when `later` within a call of the owner, which must not get `onClose` from inside of it. @default 'now'
   */
  end(reason: TransportCloseReason, when: 'now' | 'later' = 'now'): void {
    this.#ended = reason
    if (this.#state === 'open') this.#state = 'closing'
    if (when === 'later') this.#defer(this.#release)
    else if (this.#held.length === 0) return this.#announceEnd(reason)
    if (this.#held.length === 0) return
    this.#unreadTimer = this.#options.clock.setTimeout(() => this.#options.onUnread(), unreadTimeoutMs)
  }

  /**
   * Delivers held messages, then lets the transport continue reading. Runs from the event loop only, never inside a
   * call.
   */
  readonly #release = (): void => {
    const held = this.#held
    let next = 0
    for (let message = held[0]; message !== undefined && this.isFlowing && held === this.#held; message = held[next]) {
      next++
      this.#heldBytes -= message.length
      this.#handler?.onMessage(message)
    }
    if (held === this.#held) held.splice(0, next)
    if (this.#held.length > 0) return
    if (this.#ended !== undefined) this.#announceEnd(this.#ended)
    else if (this.isFlowing) this.#options.onReading()
  }

  #hold(message: Uint8Array): void {
    this.#held.push(message)
    this.#heldBytes += message.length
  }

  #dropHeld(): void {
    this.#held = []
    this.#heldBytes = 0
  }

  #announceEnd(reason: TransportCloseReason): void {
    if (this.#state === 'closed' || this.#handler === undefined) return
    this.#state = 'closed'
    this.#options.clock.clearTimeout(this.#unreadTimer)
    this.#handler.onClose(reason)
  }
}

/**
 * Time that messages from before the end wait for a paused owner, in milliseconds: longer than the 30 s after which a
 * session cuts a stuck channel and reads again (protocol.md §2).
 */
const unreadTimeoutMs = 60_000
