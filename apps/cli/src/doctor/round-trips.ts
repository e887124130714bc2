import type { TransportOptions } from '@ls/transport'
import type { Finding } from './finding.js'

/** Measures round trips of a link with WebSocket pings. */
export class RoundTrips {
  readonly #samples: number[] = []
  #isWarm = false
  #onEnough: (() => void) | undefined

  /** Heartbeat options that measure. */
  get heartbeat(): NonNullable<TransportOptions['heartbeat']> {
    return { periodMs, timeoutMs, onRoundTrip: (ms) => this.#add(ms) }
  }

  /** Resolves when there are enough measurements, it takes too long, or the link has `ended`. */
  async finding(canPing: boolean, ended: Promise<void>): Promise<Finding> {
    if (!canPing) return { step: 'round trip', level: 'SKIP', text: 'this kind of link cannot ping' }
    if (this.#samples.length < enough) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs)
        this.#onEnough = () => {
          clearTimeout(timer)
          resolve()
        }
        void ended.then(this.#onEnough)
      })
    }
    if (this.#samples.length > 0) return { step: 'round trip', level: 'PASS', text: describe(this.#samples) }
    const cure = 'a middlebox drops WebSocket pings: idle links will look dead'
    return { step: 'round trip', level: 'WARN', text: `no ping was answered within ${waitMs / 1000} s`, cure }
  }

  /** Adds a measurement. The first ping shares its time with the handshake. */
  #add(ms: number): void {
    if (!this.#isWarm) {
      this.#isWarm = true
      return
    }
    this.#samples.push(ms)
    if (this.#samples.length >= enough) this.#onEnough?.()
  }
}

function describe(samples: readonly number[]): string {
  const sorted = samples.toSorted((one, other) => one - other)
  const at = (share: number): string => (sorted[Math.ceil(share * sorted.length) - 1] ?? 0).toFixed(1)
  return `${at(0.5)} ms at the median, ${at(0.99)} ms at the 99th percentile of ${sorted.length} pings`
}

/** Interval of pings, in milliseconds. */
const periodMs = 10

/** Timeout of a ping, in milliseconds: this step does not judge a silent server. */
const timeoutMs = 60_000

/** Number of measurements, enough for a median and a worst case. */
const enough = 20

/** Longest wait, in milliseconds. */
const waitMs = 4000
