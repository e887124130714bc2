import type { ConnectionRecord } from '@ls/server'
import type { Redactor } from './redactor.js'

/** Where lines go; false when one is lost. */
interface LineSink {
  write(text: string): boolean
}

/** Writes a JSON object a line for each connection that is over. */
export class AccessLog {
  readonly #sink: LineSink
  readonly #redactor: Redactor
  #lostLines = 0

  constructor(sink: LineSink, redactor: Redactor) {
    this.#sink = sink
    this.#redactor = redactor
  }

  /** What is lost is counted, and told in front of the next line. */
  readonly add = (record: ConnectionRecord): void => {
    const time = new Date().toISOString()
    const lost = this.#lostLines > 0 ? `${JSON.stringify({ time, lostLines: this.#lostLines })}\n` : ''
    const line = JSON.stringify(this.#redactor.cleanFields({ time, ...record }))
    this.#lostLines = this.#sink.write(`${lost}${line}\n`) ? 0 : this.#lostLines + 1
  }
}
