import { decode, encode, MessageType } from '@ls/codec'
import type { Clock } from '@ls/foundation'

/** Answers servers that probe clients with a Log, as LinkSocks 1.10 does: `probe:…` at trace gets `pong:…`. */
export class ProbeAnswers {
  readonly #clock: Clock
  #answeredAtMs = -Infinity

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Returns the answer to a server's message; undefined for one that is no probe, and for a second probe within a
   * second.
   */
  answerTo(bytes: Uint8Array): Uint8Array | undefined {
    const message = decode(bytes)
    if (message.type !== MessageType.Log || message.level !== 'trace' || !message.text.startsWith('probe:')) return
    // A server that probes constantly and does not read must not fill our memory.
    if (this.#clock.now() - this.#answeredAtMs < leastPeriodMs) return
    this.#answeredAtMs = this.#clock.now()
    return encode({ type: MessageType.Log, level: 'trace', text: 'pong:{}' })
  }
}

const leastPeriodMs = 1000
