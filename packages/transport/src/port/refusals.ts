import type { Clock, Logger } from '@ls/foundation'

/** Kinds of refused connections and requests. */
const refusalKinds = ['full', 'proxy-header', 'tls', 'silent', 'bad-request', 'head-size', 'upgrade'] as const

/**
 * Kind of refusal.
 *
 * - `full`: more than `maxLinks`, or more connections than may be pending: the oldest of them was cut;
 * - `proxy-header`: no PROXY header, or one from an untrusted sender;
 * - `tls`: the TLS handshake failed, or a client certificate was missing;
 * - `silent`: TLS, PROXY header or request did not come within the deadline;
 * - `bad-request`: no HTTP; `head-size`: a head beyond `maxHeadBytes`;
 * - `upgrade`: an upgrade that is not valid, or that `authorize` refused.
 */
export type RefusalKind = (typeof refusalKinds)[number]

/** Numbers of refusals, by kind, at the time of the call. */
export type RefusalCounts = Readonly<Record<RefusalKind, number>>

/**
 * Interval of log lines of each kind, in milliseconds, so that scans of the Internet cannot fill a disk with our log.
 */
const logIntervalMs = 60_000

interface Unlogged {
  count: number
  lastLogMs: number
}

/** Counts refusals, and logs a few of them. */
export class Refusals {
  readonly #counts: Record<RefusalKind, number>
  readonly #unlogged = new Map<RefusalKind, Unlogged>()
  readonly #clock: Clock
  readonly #logger: Logger

  constructor({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = clock
    this.#logger = logger
    this.#counts = Object.fromEntries(refusalKinds.map((kind) => [kind, 0])) as Record<RefusalKind, number>
  }

  /** Number of refusals of each kind so far. */
  get counts(): RefusalCounts {
    return { ...this.#counts }
  }

  /** @param reason One line without secrets: the fault of this one. */
  add(kind: RefusalKind, remoteAddress: string | undefined, reason: string): void {
    this.#counts[kind]++
    const now = this.#clock.now()
    const unlogged = this.#unlogged.get(kind) ?? { count: 0, lastLogMs: Number.NEGATIVE_INFINITY }
    unlogged.count++
    this.#unlogged.set(kind, unlogged)
    if (now - unlogged.lastLogMs < logIntervalMs) return
    const { count } = unlogged
    Object.assign(unlogged, { count: 0, lastLogMs: now })
    this.#logger.info(
      { kind, count, remoteAddress, reason },
      `refused ${count === 1 ? 'a connection' : `${count} connections`}: ${reason}`,
    )
  }
}
