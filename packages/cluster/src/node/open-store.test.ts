import { silentLogger } from '@ls/foundation'
import { FakeClock, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { ClusterError } from '../errors.js'
import type { ClusterStore, StoreWatcher } from '../store/cluster-store.js'
import { openStore } from './open-store.js'

const watcher: StoreWatcher = { entry: () => {}, synced: () => {}, lost: () => {} }
const leaderless = new ClusterError('ERR_CLUSTER_STORE', 'no leader')

/** Opens a store that fails `failures` times. */
function make(failures: number, error: Error = leaderless) {
  const clock = new FakeClock()
  const waits: (string | undefined)[] = []
  const stop = new AbortController()
  let attempts = 0
  const open = async (): Promise<void> => {
    if (++attempts <= failures) throw error
  }
  const store: Pick<ClusterStore, 'open'> = { open }
  const opened = openStore({
    store: store as ClusterStore,
    watcher,
    timeoutMs: 60_000,
    clock,
    logger: silentLogger,
    signal: stop.signal,
    onWait: (reason) => waits.push(reason),
  })
  const outcome = opened.then(
    () => 'open',
    (reason: unknown) => reason,
  )
  /** Lets time pass for that many further attempts. */
  const tryAgain = async (times: number): Promise<void> => {
    for (let count = 0; count < times; count++) {
      await until(() => clock.pendingTimers > 0, 'the wait for another attempt')
      clock.advance(500)
    }
  }
  return { clock, waits, stop, outcome, tryAgain, attempts: () => attempts }
}

test('openStore tries again while the store has no leader, and says what it waits for', async () => {
  const { outcome, waits, tryAgain } = make(3)
  await tryAgain(3)
  expect({ outcome: await outcome, waits }).toEqual({
    outcome: 'open',
    waits: ['no leader', 'no leader', 'no leader', undefined],
  })
})

test('openStore gives up after its time, with the last error', async () => {
  const { outcome, attempts, tryAgain } = make(1000)
  await tryAgain(120)
  expect({ outcome: await outcome, attempts: attempts() }).toEqual({ outcome: leaderless, attempts: 121 })
})

test('openStore does not try again where the store refuses the node', async () => {
  const refused = new ClusterError('ERR_CLUSTER_STORE_REFUSED', 'wrong password')
  const { outcome, attempts } = make(1000, refused)
  expect({ outcome: await outcome, attempts: attempts() }).toEqual({ outcome: refused, attempts: 1 })
})

test('openStore ends immediately when it is asked to', async () => {
  const { clock, stop, outcome } = make(1000)
  await until(() => clock.pendingTimers > 0, 'the wait for another attempt')
  const reason = new Error('the program ends')
  stop.abort(reason)
  expect(await outcome).toBe(reason)
})
