import type { Clock, Logger } from '@ls/foundation'
import { addressGroup } from '@ls/mux'

/**
 * Logs one line for each refused client, `refused ADDRESS: REASON`, which programs such as fail2ban read. Lines are
 * limited per address and in total each minute; the next line gives the number of omitted ones.
 */
export class RefusalLog {
  readonly #clock: Clock
  readonly #logger: Logger
  /** Lines of each address since `#sinceMs`; a /64 of IPv6 is one. Has at most {@link maxLines} entries. */
  readonly #linesByAddress = new Map<string, number>()
  #sinceMs = Number.NEGATIVE_INFINITY
  #lines = 0
  #unsaid = 0

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  /**
   * Writes a line, or only counts it beyond the limits.
   *
   * @param reason One line without secrets: what was wrong.
   */
  add(remoteAddress: string, reason: string): void {
    this.#turnPage()
    const group = addressGroup(remoteAddress)
    const lines = this.#linesByAddress.get(group) ?? 0
    if (lines >= maxLinesPerAddress || this.#lines >= maxLines) return void this.#unsaid++
    this.#linesByAddress.set(group, lines + 1)
    this.#lines++
    const before = this.#unsaid === 0 ? {} : { before: this.#unsaid }
    this.#unsaid = 0
    this.#logger.info({ remoteAddress, reason, ...before }, `refused ${remoteAddress}: ${reason}`)
  }

  #turnPage(): void {
    const now = this.#clock.now()
    if (now - this.#sinceMs < intervalMs) return
    this.#sinceMs = now
    this.#lines = 0
    this.#linesByAddress.clear()
  }
}

/** Period of the limits, in milliseconds. */
const intervalMs = 60_000

/** Twice the number of lines that fail2ban waits for by default (`maxretry` 5). */
const maxLinesPerAddress = 10

/** Most lines of all addresses: a distributed attack writes 5 lines a second, some 60 MiB a day. */
const maxLines = 300
