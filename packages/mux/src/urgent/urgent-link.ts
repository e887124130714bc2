import { decode, MessageType } from '@ls/codec'
import type { Outbox } from '../link/outbox.js'
import type { Sequencer } from '../link/sequencer.js'
import type { MessageTransport } from '../link/transport.js'
import type { MemoryBudget } from '../memory/memory-budget.js'
import { EarlyMessages } from './early-messages.js'
import { UrgentCopies } from './urgent-copies.js'

export interface UrgentLinkOptions {
  readonly sequencer: Sequencer
  readonly outbox: Outbox
  /** Charged for what is remembered. */
  readonly budget: MemoryBudget
  /** The path has losses: a second transport is wanted. */
  onLossy(): void
  /** A message arrives as a copy, which the session does not know yet; may throw. */
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

  constructor(options: UrgentLinkOptions) {
    this.#options = options
    this.#early = new EarlyMessages(options.budget)
  }

  get up(): boolean {
    return this.#transport !== undefined
  }

  /** Takes `transport` in place of the one before, and reads it unless reading has to wait. */
  attach(transport: MessageTransport, reads: boolean): void {
    const { sequencer, outbox } = this.#options
    this.detach()
    this.#transport = transport
    const copies = new UrgentCopies(transport, sequencer)
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
  }

  /** Cuts the transport; what arrived over it stays known. */
  detach(): void {
    const transport = this.#transport
    this.#forget()
    transport?.destroy()
  }

  /** Stops reading. */
  pause(): void {
    this.#transport?.pause()
  }

  /** Goes on reading. */
  resume(): void {
    this.#transport?.resume()
  }

  /** An Ack has arrived, which shows the path. */
  lookForLosses(): void {
    if (this.#wanted || this.up || !this.#options.sequencer.lossy) return
    this.#wanted = true
    this.#options.onLossy()
  }

  /** Whether the message that the main transport has brought last was delivered already. */
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
      const urgent = decode(copy)
      if (urgent.type !== MessageType.Urgent || !this.#early.add(urgent.sequence, sequencer.received)) return
      // A copy: the memory around the message is not what its receiver would take it for.
      onMessage(Uint8Array.from(urgent.message))
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
 * How long bulk takes on a path with losses: it waits for a packet that is sent again, and perhaps once more. A window
 * that does not allow for it never grows.
 */
export function lossyTripMs(roundTripMs: number): number {
  return lossyRoundTrips * roundTripMs
}

const lossyRoundTrips = 4
