import type { ConnectionRecord } from '@ls/server'
import { isoTime } from './iso-time.js'
import type { Redactor } from './redactor.js'

/** Output for lines; `write` returns false when a line is lost. */
interface LineSink {
  write(text: string): boolean
}

/** Writes a JSON object for each connection that has ended, one a line. */
export class AccessLog {
  readonly #sink: LineSink
  readonly #redactor: Redactor
  #lostLines = 0

  constructor(sink: LineSink, redactor: Redactor) {
    this.#sink = sink
    this.#redactor = redactor
  }

  /** Adds a record. Lost lines are counted; the next line is preceded by their number. */
  readonly add = (record: ConnectionRecord): void => {
    const time = isoTime()
    const lost = this.#lostLines > 0 ? `${JSON.stringify({ time, lostLines: this.#lostLines })}\n` : ''
    const line = JSON.stringify(this.#redactor.cleanFields({ time, ...record }))
    this.#lostLines = this.#sink.write(`${lost}${line}\n`) ? 0 : this.#lostLines + 1
  }
}
