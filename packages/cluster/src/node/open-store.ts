import { type Clock, type Logger, textOf } from '@ls/foundation'
import { ClusterError } from '../errors.js'
import type { ClusterStore, StoreWatcher } from '../store/cluster-store.js'

export interface OpenStoreOptions {
  readonly store: ClusterStore
  readonly watcher: StoreWatcher
  /** Time after which no further attempt begins, in milliseconds. */
  readonly timeoutMs: number
  readonly clock: Clock
  readonly logger: Logger
  /** Ends the wait. @default never */
  readonly signal?: AbortSignal | undefined
  /** Called with the reason while the store cannot be used, and with undefined once it can. */
  onWait(reason: string | undefined): void
}

/** Default time for the store to answer: less than the 90 s that systemd gives a service to start. */
export const defaultStoreTimeoutMs = 60_000

/** Time between two attempts, in milliseconds: NATS elects a leader within some seconds. */
const retryMs = 500

/**
 * Opens the store, and tries again while it cannot be reached: it may start later than this node, or elect a leader.
 *
 * @throws ClusterError when the time is over, or when the store refuses this node; the reason of the signal
 */
export async function openStore(options: OpenStoreOptions): Promise<void> {
  const { store, watcher, timeoutMs, clock, logger, signal, onWait } = options
  const endMs = clock.now() + timeoutMs
  for (let told = ''; ;) {
    signal?.throwIfAborted()
    try {
      await unlessAborted(store.open(watcher), signal)
      onWait(undefined)
      return
    } catch (error) {
      const leftMs = endMs - clock.now()
      if (signal?.aborted === true || isFinal(error) || leftMs <= 0) throw error
      const reason = textOf(error)
      onWait(reason)
      if (reason !== told) logger.warn({ reason, leftMs }, `waiting for the store of the cluster: ${reason}`)
      told = reason
      const waited = new Promise<void>((resolve) => void clock.setTimeout(resolve, Math.min(retryMs, leftMs)))
      await unlessAborted(waited, signal)
    }
  }
}

/** Whether the store refuses this node, so that another attempt would fail in the same way. */
function isFinal(error: unknown): boolean {
  return error instanceof ClusterError && error.code === 'ERR_CLUSTER_STORE_REFUSED'
}

/** @throws the reason of the signal, as soon as it is aborted */
function unlessAborted(wait: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return wait
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', onAbort, { once: true })
    wait.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
