import { silentLogger } from '@ls/foundation'
import type { UsedAmounts } from '@ls/server'
import { until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { MemoryHub } from '../store/memory-hub.js'
import { SharedUse } from './shared-use.js'

const month = (bytes: number): UsedAmounts => ({ month: { period: '2026-11', bytes } })

/** A node whose token `t` has used an amount. */
function make() {
  const hub = new MemoryHub()
  const told: string[] = []
  const localNode = {
    used: [['t', month(0)]] as (readonly [string, UsedAmounts])[],
    keepsUsed: false,
    setUsedElsewhere: (key: string, amounts: readonly UsedAmounts[]) => void told.push(`${key} ${sum(amounts)}`),
  }
  const use = new SharedUse({ store: hub.store(), ownId: 'a', logger: silentLogger, localNode: () => localNode })
  const written: string[] = []
  const watching = hub.store().open({
    entry: (_table, key, entry) => void written.push(`${key} ${entry?.value ?? 'gone'}`),
    synced: () => {},
    lost: () => {},
  })
  return { use, localNode, told, written, watching }
}

function sum(amounts: readonly UsedAmounts[]): number {
  return amounts.reduce((total, { month: used }) => total + (used?.bytes ?? 0), 0)
}

test('SharedUse writes a count once, when it has changed', async () => {
  const { use, localNode, written, watching } = make()
  await watching
  use.publish()
  localNode.used = [['t', month(5)]]
  use.publish()
  use.publish()
  await until(() => written.length > 0, 'the entry')
  expect(written).toEqual(['used.a.t {"used":{"month":{"period":"2026-11","bytes":5}},"isKept":false}'])
})

test('SharedUse counts nothing for a token that was removed', async () => {
  const { use, localNode, written, watching } = make()
  await watching
  localNode.used = [['t', month(5)]]
  use.publish()
  localNode.used = []
  use.publish()
  use.publish()
  await until(() => written.length > 1, 'both entries')
  expect(written.slice(1)).toEqual(['used.a.t {"used":{},"isKept":false}'])
})

test('SharedUse counts nothing for a token that was removed before everything is written again', async () => {
  const { use, localNode, written, watching } = make()
  await watching
  localNode.used = [['t', month(5)]]
  use.publish()
  use.publishAll()
  localNode.used = []
  use.publish()
  await until(() => written.length > 1, 'both entries')
  expect(written.slice(1)).toEqual(['used.a.t {"used":{},"isKept":false}'])
})

test('SharedUse adds up the counts of other nodes', () => {
  const { use, told } = make()
  use.entry('b', 't', { used: month(3), isKept: false })
  use.entry('c', 't', { used: month(4), isKept: false })
  use.entry('b', 't', { used: month(5), isKept: false })
  expect(told).toEqual(['t 3', 't 7', 't 9'])
})

test('SharedUse keeps the count of a node that is gone, unless that node keeps it', () => {
  const { use, told } = make()
  use.entry('b', 't', { used: month(3), isKept: false })
  use.entry('c', 't', { used: month(4), isKept: true })
  use.gone('b')
  use.gone('c')
  expect(told.at(-1)).toBe('t 3')
})
