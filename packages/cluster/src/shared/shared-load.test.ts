import { silentLogger } from '@ls/foundation'
import type { TokenLoad } from '@ls/server'
import { turns } from '@ls/testkit'
import { expect, test } from 'vitest'
import { MemoryHub } from '../store/memory-hub.js'
import { SharedLoad } from './shared-load.js'

const loadOf = (links: number, up = 0): TokenLoad => ({ links, channels: 0, up, down: 0 })

/** A node, and what is written to its store. */
async function make() {
  const hub = new MemoryHub()
  const there = new Set(['b', 'c'])
  const told: string[] = []
  const localNode = {
    loads: [] as [string, TokenLoad][],
    tokenLoads: () => localNode.loads,
    setLoadElsewhere: (key: string, loads: readonly TokenLoad[]) => {
      told.push(`${key} ${loads.map(({ links }) => links).join('+')}`)
    },
  }
  const isThere = (id: string): boolean => there.has(id)
  const load = new SharedLoad({
    store: hub.store(),
    ownId: 'a',
    logger: silentLogger,
    localNode: () => localNode,
    isThere,
  })
  const written: string[] = []
  await hub.store().open({
    entry: (_table, key, entry) => void written.push(`${key} ${entry?.value ?? 'gone'}`),
    synced: () => {},
    lost: () => {},
  })
  return { hub, load, localNode, there, told, written }
}

test('SharedLoad writes a load when it has changed, and removes that of a token that is not used', async () => {
  const { load, localNode, written } = await make()
  for (const links of [2, 2, 0]) {
    localNode.loads = [['t', loadOf(links)]]
    load.publish()
    await turns(3)
  }
  expect(written).toEqual(['load.a.t {"links":2,"channels":0,"up":0,"down":0}', 'load.a.t gone'])
})

test('SharedLoad writes a steady rate once', async () => {
  const { load, localNode, written } = await make()
  for (const up of [1_000_000, 1_004_000, 998_000]) {
    localNode.loads = [['t', loadOf(0, up)]]
    load.publish()
    await turns(3)
  }
  expect(written).toHaveLength(1)
})

test('SharedLoad writes again what the store refused', async () => {
  const { hub, load, localNode, written } = await make()
  localNode.loads = [['t', loadOf(1)]]
  hub.setUp(false)
  load.publish()
  await turns(3)
  hub.setUp(true)
  load.publish()
  await turns(3)
  expect(written).toHaveLength(1)
})

test('SharedLoad removes again what the store refused to remove', async () => {
  const { hub, load, localNode, written } = await make()
  localNode.loads = [['t', loadOf(1)]]
  load.publish()
  await turns(3)
  localNode.loads = []
  hub.setUp(false)
  load.publish()
  await turns(3)
  hub.setUp(true)
  load.publish()
  await turns(3)
  expect(written.at(-1)).toBe('load.a.t gone')
})

test('SharedLoad removes the load of a token that is no longer used when everything is written again', async () => {
  const { hub, load, localNode, written } = await make()
  localNode.loads = [['t', loadOf(1)]]
  load.publish()
  await turns(3)
  hub.forget()
  load.publishAll()
  localNode.loads = []
  load.publish()
  await turns(3)
  expect(written.at(-1)).toBe('load.a.t gone')
})

test('SharedLoad counts no node that is gone, and counts it again when it is back', async () => {
  const { load, there, told } = await make()
  load.entry('b', 't', loadOf(1))
  load.entry('c', 't', loadOf(2))
  there.delete('b')
  load.memberChanged('b')
  there.add('b')
  load.memberChanged('b')
  load.forget('b')
  expect(told).toEqual(['t 1', 't 1+2', 't 2', 't 1+2', 't 2'])
})
