import type { MessageTransport } from '../link/transport.js'
import type { MemoryBudget } from '../memory/memory-budget.js'
import type { CopiedMessages } from './copied-messages.js'
import { EarlyMessages } from './early-messages.js'
import { type SentMessages, UrgentCopies } from './urgent-copies.js'

/** Messages of the main transport, in both directions. */
interface NumberedMessages extends SentMessages {
  /** Number of the last message received. */
  readonly received: number
  /** Whether urgent messages would arrive sooner over another transport. */
  readonly crowded: boolean
  /** Allows for losses and for pauses of TCP: urgent messages have another transport. */
  relax(relaxed: boolean): void
}

/** Sends the messages of the main transport. */
interface CopiedOutbox {
  /** Sends copies of urgent messages to `copies` from now on; none with undefined. */
  copyTo(copies: UrgentCopies | undefined): void
  /** Sends waiting messages. */
  pump(): void
}

export interface UrgentLinkOptions {
  readonly sequencer: NumberedMessages
  readonly outbox: CopiedOutbox
  readonly messages: CopiedMessages
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

  constructor(options: UrgentLinkOptions) {
    this.#options = options
    this.#early = new EarlyMessages(options.messages, options.budget)
  }

  /** Whether there is a second transport. */
  get up(): boolean {
    return this.#transport !== undefined
  }

  /** Uses `transport` in place of the previous one, and reads it if `reads` is true. */
  attach(transport: MessageTransport, reads: boolean): void {
    const { sequencer, outbox, messages } = this.#options
    this.detach()
    this.#transport = transport
    const copies = new UrgentCopies({ transport, sent: sequencer, messages })
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

  /** Cuts the transport, and forgets the messages that arrived over it. */
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
