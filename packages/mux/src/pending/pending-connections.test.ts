import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MemoryBudget } from '../memory/memory-budget.js'
import { PendingConnections } from './pending-connections.js'

/** A table that records the cut connections. */
function table(maxPending: number, maxPendingPerAddress = maxPending) {
  const pending = new PendingConnections({ maxPending, maxPendingPerAddress })
  const cut: string[] = []
  const add = (name: string, address: string | undefined) => pending.add(address, () => cut.push(name))
  return { pending, cut, add }
}

test('PendingConnections cuts the oldest when connections hold more than the budget, and releases their memory', () => {
  const budget = new MemoryBudget({ limitBytes: 100 })
  const pending = new PendingConnections()
  pending.chargeTo(budget)
  const cuts: string[] = []
  const [first, second] = ['first', 'second'].map((name) => pending.add('192.0.2.1', () => cuts.push(name)))
  first?.charge(60)
  second?.charge(60)
  const held = budget.usedBytes
  second?.release()
  expect({ cuts, held, usedBytes: budget.usedBytes }).toEqual({ cuts: ['first'], held: 60, usedBytes: 0 })
})

describe('PendingConnections', () => {
  test('cuts the oldest with TLS when those are more than half, and none without', () => {
    const pending = new PendingConnections({ maxPending: 4 })
    const cut: string[] = []
    const add = (name: string, isEncrypted: boolean) => pending.add(undefined, () => cut.push(name), { isEncrypted })
    add('plain', false)
    for (const name of ['a', 'b', 'c']) add(name, true)
    expect(cut).toEqual(['a'])
  })

  test('has room for another with TLS once one is admitted', () => {
    const pending = new PendingConnections({ maxPending: 4 })
    const cut: string[] = []
    const add = (name: string) => pending.add(undefined, () => cut.push(name), { isEncrypted: true })
    const [first] = ['a', 'b'].map(add)
    first?.release()
    add('c')
    expect(cut).toEqual([])
  })

  test('cuts the oldest when all together are too many', () => {
    const { cut, add } = table(2)
    for (const name of ['a', 'b', 'c', 'd']) add(name, undefined)
    expect(cut).toEqual(['a', 'b'])
  })

  test('cuts the oldest of an address with too many, and no other', () => {
    const { cut, add } = table(10, 2)
    add('other', '192.0.2.2')
    for (const name of ['a', 'b', 'c']) add(name, '192.0.2.1')
    expect(cut).toEqual(['a'])
  })

  test('counts a /64 as one address', () => {
    const { cut, add } = table(10, 1)
    add('a', '2001:db8::1')
    add('b', '2001:db8::2')
    add('c', '2001:db8:0:1::2')
    expect(cut).toEqual(['a'])
  })

  test('counts a client by the address it moved to', () => {
    const { cut, add } = table(10, 1)
    add('a', undefined).moveTo('192.0.2.1')
    add('b', undefined).moveTo('192.0.2.1')
    expect(cut).toEqual(['a'])
  })

  test('does not cut admitted connections', () => {
    const { cut, add } = table(1)
    add('a', undefined).release()
    add('b', undefined)
    expect(cut).toEqual([])
  })

  test('cuts waiting connections before those being served', () => {
    const { cut, add } = table(3)
    add('served', undefined).setServed(true)
    for (const name of ['a', 'b', 'c']) add(name, undefined)
    expect(cut).toEqual(['a'])
  })

  test('cuts a connection being served rather than the newest one', () => {
    const { cut, add } = table(2)
    for (const name of ['a', 'b']) add(name, undefined).setServed(true)
    add('c', undefined)
    expect(cut).toEqual(['a'])
  })

  test('counts an entry again from the day it changed', () => {
    const { cut, add } = table(2)
    const a = add('a', undefined)
    add('b', undefined)
    a.setServed(true)
    a.setServed(false)
    add('c', undefined)
    expect(cut).toEqual(['b'])
  })

  test('does not count a cut connection again', () => {
    const { pending, add } = table(1)
    const a = add('a', undefined)
    add('b', undefined)
    a.setServed(true)
    a.moveTo('192.0.2.1')
    expect(pending.size).toBe(1)
  })

  test('keeps both limits and never cuts the newest, whatever happens', () => {
    const step = fc.record({
      what: fc.constantFrom('add', 'serve', 'wait', 'move', 'release'),
      which: fc.nat(20),
      address: fc.constantFrom(undefined, '192.0.2.1', '192.0.2.2', '::1'),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const pending = new PendingConnections({ maxPending: 6, maxPendingPerAddress: 3 })
        const entries: ReturnType<PendingConnections['add']>[] = []
        const cut: number[] = []
        for (const { what, which, address } of steps) {
          const entry = entries[which % Math.max(1, entries.length)]
          const index = entries.length
          if (what === 'add') entries.push(pending.add(address, () => cut.push(index)))
          if (what === 'serve' || what === 'wait') entry?.setServed(what === 'serve')
          if (what === 'move') entry?.moveTo(address)
          if (what === 'release') entry?.release()
          if (pending.size > 6 || (what === 'add' && cut.includes(index))) return false
        }
        return true
      }),
    )
  })

  test('cuts the oldest past 16 MiB where no budget is given', () => {
    const { cut, add } = table(10)
    const entries = ['a', 'b', 'c'].map((name) => add(name, undefined))
    for (const entry of entries) entry.charge(6 * 1024 * 1024)
    expect(cut).toEqual(['a'])
  })

  test.each([0, 1.5, Number.NaN])('refuses the limit %s', (limit) => {
    expect(() => new PendingConnections({ maxPending: limit })).toThrow(RangeError)
  })
})

test.each([
  { maxPending: 4096, perAddress: 512 },
  { maxPending: 10, perAddress: 5 },
  { maxPending: 1, perAddress: 1 },
])('PendingConnections leaves half of $maxPending to other addresses', ({ maxPending, perAddress }) => {
  expect(new PendingConnections({ maxPending }).maxPendingPerAddress).toBe(perAddress)
})
