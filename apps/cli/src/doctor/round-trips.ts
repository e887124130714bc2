import type { TransportOptions } from '@ls/transport'
import type { Finding } from './finding.js'

/** Round trips of a link, by WebSocket pings. */
export class RoundTrips {
  readonly #samples: number[] = []
  #isWarm = false
  #onEnough: (() => void) | undefined

  /** Heartbeat that measures. */
  get heartbeat(): NonNullable<TransportOptions['heartbeat']> {
    return { periodMs, deadlineMs, onRoundTrip: (ms) => this.#add(ms) }
  }

  /** Resolves once there are enough of them, or it takes too long. */
  async finding(canPing: boolean): Promise<Finding> {
    if (!canPing) return { step: 'round trip', level: 'SKIP', text: 'this way of linking cannot ping' }
    if (this.#samples.length < enough) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs)
        this.#onEnough = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    if (this.#samples.length > 0) return { step: 'round trip', level: 'PASS', text: describe(this.#samples) }
    const cure = 'something in between swallows WebSocket pings: idle links will be taken for dead'
    return { step: 'round trip', level: 'WARN', text: `no ping was answered within ${waitMs / 1000} s`, cure }
  }

  /** The first ping shares its time with the handshake. */
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

/** Pings this often, in milliseconds. */
const periodMs = 10

/** A silent server is no matter of this step. In milliseconds. */
const deadlineMs = 60_000

/** Enough for a median and a worst case. */
const enough = 20

/** In milliseconds. */
const waitMs = 4000
