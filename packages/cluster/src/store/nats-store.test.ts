import { expect, onTestFinished, test, vi } from 'vitest'
import type { StoreWatcher } from './cluster-store.js'
import { NatsStore } from './nats-store.js'

const nats = vi.hoisted(() => ({
  bucket: { status: async () => ({ values: 1 }), watch: async () => nats.watch },
  watch: {
    isStopped: false,
    stop: () => void (nats.watch.isStopped = true),
    // NATS has an entry, and does not deliver it.
    [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }),
  },
  connection: { close: async () => {} },
}))
vi.mock('@nats-io/transport-node', () => ({ connect: async () => nats.connection }))
vi.mock('@nats-io/kv', () => ({
  Kvm: class {
    create = async () => nats.bucket
  },
}))

const watcher: StoreWatcher = { entry: () => {}, synced: () => {}, lost: () => {} }

test('NatsStore does not wait for ever for an entry that NATS does not deliver', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const opening = new NatsStore({ servers: ['nats://10.0.0.9'] }).open(watcher).catch((error: unknown) => error)
  await vi.advanceTimersByTimeAsync(10_000)
  expect({ error: await opening, isStopped: nats.watch.isStopped, timers: vi.getTimerCount() }).toEqual({
    error: expect.objectContaining({
      code: 'ERR_CLUSTER_STORE',
      message: 'NATS at nats://10.0.0.9 cannot be used: NATS does not deliver what tokens has within 10 s',
    }) as unknown,
    isStopped: true,
    timers: 0,
  })
})
