import { MessageType, peekType } from '@ls/codec'
import { decodeLog, encodeLog } from '@ls/codec/messages'
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
    if (peekType(bytes) !== MessageType.Log) return
    const { level, text } = decodeLog(bytes)
    if (level !== 'trace' || !text.startsWith('probe:')) return
    // A server that probes constantly and does not read must not fill our memory.
    if (this.#clock.now() - this.#answeredAtMs < leastPeriodMs) return
    this.#answeredAtMs = this.#clock.now()
    return encodeLog({ level: 'trace', text: 'pong:{}' })
  }
}

const leastPeriodMs = 1000
