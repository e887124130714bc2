import { createHash } from 'node:crypto'
import type { SharedName } from '@ls/server'
import { FakeClock, turns } from '@ls/testkit'
import { expect, test } from 'vitest'
import { MemoryHub } from '../store/memory-hub.js'
import { SharedNames } from './shared-names.js'

/** Two nodes with one store. */
async function make() {
  const hub = new MemoryHub()
  const up = new Set(['a', 'b'])
  const nodes = await Promise.all(
    ['a', 'b'].map(async (ownId) => {
      const store = hub.store()
      const far = new Map<string, readonly SharedName[]>()
      const localNode = { setFarNames: (host: string, names: readonly SharedName[]) => void far.set(host, names) }
      const shared = {
        store,
        ownId,
        clock: new FakeClock(),
        localNode: () => localNode,
        isUp: (id: string) => up.has(id),
      }
      const names = new SharedNames(shared)
      await store.open({
        entry: (_table, key, entry) => names.entry(key.slice('name.'.length), entry),
        synced: () => {},
        lost: () => {},
      })
      return { names, far, store }
    }),
  )
  const [a, b] = nodes
  return { up, a: a!, b: b!, store: nodes[0]!.store }
}

const exposure = 'http:x.example=localhost:80'
const nameOf = (instance: string, reverseKey = 't'): SharedName => ({
  host: 'x.example',
  reverseKey,
  instance,
  exposure,
})

test('SharedNames tells other nodes who has a name, and when it ends', async () => {
  const { a, b } = await make()
  const end = await a.names.share(nameOf('one'))
  await turns(5)
  const before = b.far.get('x.example')
  end()
  await turns(5)
  expect({ before, after: b.far.get('x.example'), own: a.far.get('x.example') }).toEqual({
    before: [nameOf('one')],
    after: [],
    own: [],
  })
})

test('SharedNames leaves no entry of a name that no provider has any more', async () => {
  const { a, b, store } = await make()
  const [endA, endB] = [await a.names.share(nameOf('one')), await b.names.share(nameOf('two'))]
  endA()
  await turns(10)
  endB()
  await turns(10)
  const key = `name.${createHash('sha256').update('x.example').digest('hex')}`
  // An entry that exists cannot be created.
  expect(await store.replace('live', key, 'new', 0)).toBeTypeOf('number')
})

test('SharedNames lets providers of one token share a name, and refuses another token', async () => {
  const { a, b } = await make()
  await Promise.all([a.names.share(nameOf('one')), b.names.share(nameOf('two'))])
  await expect(b.names.share(nameOf('three', 'u'))).rejects.toThrow('x.example is exposed for another token')
})

test('SharedNames gives a name to one of two tokens that ask at the same time', async () => {
  const { a, b } = await make()
  const both = [a.names.share(nameOf('one', 't')), b.names.share(nameOf('two', 'u'))]
  const outcomes = await Promise.allSettled(both)
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
})

test.each(['', '7', 'null', '1', '[null]', '[{"instance":1,"exposure":"e"}]', '[{"instance":"i"}]'])(
  'SharedNames ignores an entry in which a node has %j instead of names',
  async (names) => {
    const { a, b, store } = await make()
    const key = `name.${createHash('sha256').update('x.example').digest('hex')}`
    await store.put('live', key, `{"host":"x.example","reverseKey":"t","at":{"b":${names}}}`)
    await turns(5)
    expect(() => b.names.membersChanged()).not.toThrow()
    expect(a.far.get('x.example')).toBeUndefined()
  },
)

test('SharedNames gives the name of a node that is gone to another token', async () => {
  const { up, a, b } = await make()
  await a.names.share(nameOf('one'))
  await turns(5)
  up.delete('a')
  b.names.membersChanged()
  const gone = b.far.get('x.example')
  const end = await b.names.share(nameOf('two', 'u'))
  expect({ gone, end }).toEqual({ gone: [], end: expect.any(Function) as unknown })
})
