import { type Clock, type Logger, RareLog, textOf, type TimerHandle } from '@ls/foundation'

export interface DailyBytesSaverOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** Writes the state. */
  save(): Promise<void>
}

/** Saves the state while the bytes of days grow, but not with each message. */
export class DailyBytesSaver {
  readonly #options: DailyBytesSaverOptions
  readonly #rareLog: RareLog
  #timer: TimerHandle

  constructor(options: DailyBytesSaverOptions) {
    this.#options = options
    this.#rareLog = new RareLog(options.clock, options.logger)
  }

  /** Bytes were counted: saves them within {@link saveMs}. */
  charged(): void {
    this.#timer ??= this.#options.clock.setTimeout(() => void this.#save(), saveMs)
  }

  /** Saves what was counted since the last time; resolves when it is written. */
  async close(): Promise<void> {
    if (this.#timer === undefined) return
    this.#options.clock.clearTimeout(this.#timer)
    await this.#save()
  }

  async #save(): Promise<void> {
    this.#timer = undefined
    try {
      await this.#options.save()
    } catch (error) {
      this.#rareLog.warn('the bytes of providers in 24 hours were not saved', textOf(error))
    }
  }
}

/** Most time until counted bytes are saved, in milliseconds. A killed relay forgets those of that time. */
const saveMs = 30_000
