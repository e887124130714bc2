import type { Snapshot } from '@ls/foundation'
import { batch, signal } from '@preact/signals'
import { ApiError, call } from '../api/call.js'
import { session } from '../api/session.js'
import { type Rate, rateBetween, type Totals, withRate } from './history.js'

/** The last numbers of the server. */
export const snapshot = signal<Snapshot | undefined>(undefined)

/** Whether they are of now. */
export const connection = signal<'connecting' | 'live' | 'lost'>('connecting')

/** Throughput over the last minutes. */
export const history = signal<readonly Rate[]>([])

/** Time between two snapshots, in milliseconds. */
const periodMs = 1000

/** Longest pause before the server is asked again after a failure, in milliseconds. */
const maxPauseMs = 5000

let totals: Totals | undefined

/** Keeps the signals up to date, over restarts of the server, until it is stopped or the session ends. */
export function watchServer(): () => void {
  const stopping = new AbortController()
  void watch(stopping.signal)
  return () => stopping.abort()
}

async function watch(stop: AbortSignal): Promise<void> {
  let failures = 0
  while (!stop.aborted) {
    try {
      take(await call<Snapshot>('GET', 'snapshot', { signal: stop }))
      failures = 0
    } catch (error) {
      if (stop.aborted) return
      connection.value = 'lost'
      failures++
      if (error instanceof ApiError && error.status === 401) session.value = 'out'
    }
    await pause(Math.min(periodMs * 2 ** Math.max(0, failures - 1), maxPauseMs), stop)
  }
}

function take(next: Snapshot): void {
  const sum = (of: 'bytesFromTarget' | 'bytesToTarget') => next.traffic.reduce((all, each) => all + each[of], 0)
  const now = { atMs: performance.now(), down: sum('bytesFromTarget'), up: sum('bytesToTarget') }
  batch(() => {
    if (totals !== undefined) history.value = withRate(history.value, rateBetween(totals, now))
    totals = now
    snapshot.value = next
    connection.value = 'live'
  })
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    const end = (): void => {
      clearTimeout(timer)
      resolve()
    }
    stop.addEventListener('abort', end, { once: true })
  })
}
