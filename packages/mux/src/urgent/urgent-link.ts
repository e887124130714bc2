import type { Outbox } from '../link/outbox.js'
import type { Sequencer } from '../link/sequencer.js'
import type { MessageTransport } from '../link/transport.js'
import type { MemoryBudget } from '../memory/memory-budget.js'
import type { SessionParts } from '../session/session-parts.js'
import { copiedMessages } from './copied-messages.js'
import { EarlyMessages } from './early-messages.js'

export interface UrgentLinkOptions {
  readonly sequencer: Sequencer
  readonly outbox: Outbox
  /** Have the code for a second transport, at the latest when it is attached. */
  readonly parts: Pick<SessionParts, 'UrgentCopies'>
  /** Budget for the remembered numbers. */
  readonly budget: MemoryBudget
  /** Bulk or losses delay urgent messages: a second transport would help. */
  onLossy(): void
  /** Receives a message that arrives as a copy before its original; may throw. */
  onMessage(message: Uint8Array): void
  /** The peer broke a rule. */
  onError(error: unknown): void
}

/** The second transport of a session, for copies of urgent messages (docs/decisions/0074). */
export class UrgentLink {
  readonly #options: UrgentLinkOptions
  readonly #early: EarlyMessages
  #transport: MessageTransport | undefined
  #wanted = false

  /** Creates one for a session with urgent messages; undefined for a session without. */
  static of(
    sequencer: Sequencer | undefined,
    { urgent, ...options }: Omit<UrgentLinkOptions, 'sequencer'> & { readonly urgent: boolean },
  ): UrgentLink | undefined {
    return sequencer === undefined || !urgent ? undefined : new UrgentLink({ ...options, sequencer })
  }

  constructor(options: UrgentLinkOptions) {
    this.#options = options
    this.#early = new EarlyMessages(options.budget)
  }

  get up(): boolean {
    return this.#transport !== undefined
  }

  /**
   * Uses `transport` in place of the previous one, and reads it if `reads` is true. False, without a change, if the
   * code is not loaded.
   */
  attach(transport: MessageTransport, reads: boolean): boolean {
    const { sequencer, outbox, parts } = this.#options
    if (parts.UrgentCopies === undefined) return false
    this.detach()
    this.#transport = transport
    const copies = new parts.UrgentCopies({ transport, sent: sequencer, messages: copiedMessages })
    outbox.copyTo(copies)
    sequencer.relax(true)
    transport.setHandler({
      onMessage: (message) => this.#transport === transport && this.#receive(message),
      onDrain: () => {
        copies.onDrain()
        if (this.#transport === transport) outbox.pump()
      },
      onClose: () => this.#transport === transport && this.#forget(),
    })
    if (reads) transport.resume()
    else transport.pause()
    return true
  }

  /** Cuts the transport; messages that arrived over it stay recorded. */
  detach(): void {
    const transport = this.#transport
    this.#forget()
    transport?.destroy()
  }

  /** Pauses reading. */
  pause(): void {
    this.#transport?.pause()
  }

  /** Resumes reading. */
  resume(): void {
    this.#transport?.resume()
  }

  /** Checks whether a second transport would help: an Ack has arrived, which gives a measurement of the path. */
  look(): void {
    if (this.#wanted || this.up || !this.#options.sequencer.crowded) return
    this.#wanted = true
    this.#options.onLossy()
  }

  /** Whether the last message from the main transport was delivered already. */
  get lastIsKnown(): boolean {
    return this.#early.take(this.#options.sequencer.received)
  }

  clear(): void {
    this.detach()
    this.#early.clear()
  }

  #receive(copy: Uint8Array): void {
    const { sequencer, onMessage, onError } = this.#options
    try {
      const message = this.#early.receive(copy, sequencer.received)
      if (message !== undefined) onMessage(message)
    } catch (error) {
      onError(error)
    }
  }

  #forget(): void {
    this.#transport = undefined
    this.#wanted = false
    this.#options.outbox.copyTo(undefined)
    this.#options.sequencer.relax(false)
  }
}

/**
 * Returns the time that bulk takes on a path with losses: it waits for one or two retransmissions of a packet. A window
 * that does not allow for them never grows.
 */
export function lossyTripMs(roundTripMs: number): number {
  return lossyRoundTrips * roundTripMs
}

const lossyRoundTrips = 4
