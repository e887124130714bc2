import type { ClusterStore } from '@ls/cluster'
import { until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { closing } from '../../stress/cleanup.js'
import { engines } from './engines.js'

/** Opens a store, and records what it reports. */
async function watch(store: ClusterStore) {
  const told: string[] = []
  await closing(store).open({
    entry: (table, key, entry) => void told.push(`${table} ${key} ${entry?.value ?? 'gone'}`),
    synced: () => void told.push('synced'),
    lost: () => void told.push('lost'),
  })
  const has = (line: string): Promise<void> => until(() => told.includes(line), `the store tells "${line}"`)
  return { told, has }
}

describe.each(engines)('a store over %s', (_name, start) => {
  test('delivers the change of one node to another', async () => {
    const engine = await start()
    const [one, other] = [engine.store(), engine.store()]
    await watch(one)
    const { told, has } = await watch(other)
    await one.put('live', 'node.a', '1')
    await has('live node.a 1')
    await one.delete('live', 'node.a')
    await has('live node.a gone')
    expect(told.slice(-2)).toEqual(['live node.a 1', 'live node.a gone'])
  })

  test('delivers the existing entries, and then that these were all', async () => {
    const engine = await start()
    const [one, other] = [engine.store(), engine.store()]
    await watch(one)
    await one.put('tokens', 'a', '1')
    const { told, has } = await watch(other)
    await has('synced')
    // An entry may be reported twice.
    expect([...new Set(told)]).toEqual(['tokens a 1', 'synced'])
  })

  test('replaces an entry only as it was seen', async () => {
    const store = (await start()).store()
    await watch(store)
    const first = (await store.replace('tokens', 'a', '1', 0)) ?? 0
    const again = await store.replace('tokens', 'a', '2', 0)
    const seen = await store.replace('tokens', 'a', '2', first)
    const outdated = await store.replace('tokens', 'a', '3', first)
    await store.delete('tokens', 'a')
    const deleted = await store.replace('tokens', 'a', '4', 0)
    expect({ again, seen, outdated, deleted }).toEqual({
      again: undefined,
      seen: expect.any(Number) as number,
      outdated: undefined,
      deleted: expect.any(Number) as number,
    })
  })

  test('deletes an entry only as it was seen, where that is asked for', async () => {
    const store = (await start()).store()
    const { told, has } = await watch(store)
    const first = (await store.replace('live', 'a', '1', 0)) ?? 0
    const second = (await store.replace('live', 'a', '2', first)) ?? 0
    await store.delete('live', 'a', first)
    await store.put('live', 'b', 'later')
    await has('live b later')
    const before = [...told]
    await store.delete('live', 'a', second)
    await has('live a gone')
    expect(before).not.toContain('live a gone')
  })

  test('reports that it is lost, refuses changes, and delivers everything again when it is back', async () => {
    const engine = await start()
    const store = engine.store()
    const { told, has } = await watch(store)
    await store.put('tokens', 'a', '1')
    await has('synced')
    await has('tokens a 1')
    await engine.stop()
    await has('lost')
    await expect(store.put('tokens', 'a', '2')).rejects.toThrow(/cannot be reached|is stopped/)
    told.length = 0
    await engine.start()
    await has('synced')
    expect(told).toEqual(['tokens a 1', 'synced'])
  })

  test('tells the removal of an entry that it does not have, since it may have lost it', async () => {
    const store = (await start()).store()
    const { has } = await watch(store)
    await store.delete('live', 'a')
    await expect(has('live a gone')).resolves.toBeUndefined()
  })

  test('counts revisions from 1 after it has lost its data', async () => {
    const engine = await start()
    const store = engine.store()
    const { told, has } = await watch(store)
    for (const value of ['1', '2']) await store.put('tokens', 'a', value)
    await has('tokens a 2')
    await engine.stop()
    await has('lost')
    engine.forget()
    told.length = 0
    await engine.start()
    await has('synced')
    expect(await store.replace('tokens', 'b', '1', 0)).toBe(1)
  })
})
