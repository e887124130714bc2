import { expect, onTestFinished, test, vi } from 'vitest'
import type { StoreWatcher } from './cluster-store.js'
import { NatsStore } from './nats-store.js'

const nats = vi.hoisted(() => ({
  values: 1,
  created: 'first',
  bucket: {
    status: async () => {
      if (nats.created === '') throw Object.assign(new Error('stream not found'), { code: 10_059 })
      return { values: nats.values, streamInfo: { created: nats.created } }
    },
    watch: async () => nats.watch,
  },
  watch: {
    isStopped: false,
    stop: () => void (nats.watch.isStopped = true),
    // NATS has an entry, and does not deliver it.
    [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }),
  },
  connection: { close: async () => {}, async *status() {} },
}))
vi.mock('@nats-io/transport-node', () => ({ connect: async () => nats.connection }))
vi.mock('@nats-io/kv', () => ({
  Kvm: class {
    create = async () => {
      if (nats.created === '') nats.created = 'again'
      return nats.bucket
    }
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

test.each([
  ['NATS has no more', ''],
  ['another node has created again', 'second'],
])('NatsStore reads everything again within 5 s for a bucket that %s', async (_what, created) => {
  vi.useFakeTimers()
  Object.assign(nats, { values: 0, created: 'first' })
  const told: string[] = []
  const store = new NatsStore({ servers: ['nats://10.0.0.9'] })
  onTestFinished(async () => {
    await store.close()
    vi.useRealTimers()
  })
  await store.open({ ...watcher, synced: () => void told.push('synced'), lost: () => void told.push('lost') })
  await vi.advanceTimersByTimeAsync(10_000)
  nats.created = created
  await vi.advanceTimersByTimeAsync(5000)
  expect(told).toEqual(['synced', 'lost', 'synced'])
})
