import { FakeClock, turns } from '@ls/testkit'
import { expect, test } from 'vitest'
import { Members, type NodeInfo } from './members.js'

/** @param isAnswering Whether the other node answers when it is asked directly. */
function make(isAnswering = false) {
  const clock = new FakeClock()
  const changes: string[] = []
  const forgotten: string[] = []
  const members = new Members({
    clock,
    ownId: 'self',
    isAnswering: () => Promise.resolve(isAnswering),
    onChange: (id, state) => changes.push(`${id} ${state}`),
    onForgotten: (id) => forgotten.push(id),
  })
  members.thaw()
  return { clock, changes, forgotten, members }
}

function info(beat: number, more: Partial<NodeInfo> = {}): NodeInfo {
  const load = { links: 0, channels: 0, draining: false, release: '1.0.0' }
  return { version: 1, id: 'b', address: { host: '127.0.0.1', port: 1 }, beat, ...load, ...more }
}

test('Members counts a node that was heard of as up', () => {
  const { members } = make()
  members.heard(info(1))
  expect(members.isUp('b')).toBe(true)
})

test.each([
  ['itself', info(1, { id: 'self' })],
  ['a node of another version', info(1, { version: 2 })],
])('Members does not count %s', (_what, told) => {
  const { members } = make()
  members.heard(told)
  expect([...members]).toEqual([])
})

test('Members lets a silent node wait before it is gone', async () => {
  const { clock, changes, members } = make()
  members.heard(info(1))
  clock.advance(4000)
  await Promise.resolve()
  clock.advance(42_000)
  expect(changes).toEqual(['b up', 'b silent', 'b gone'])
})

test('Members counts no node as silent while the store is away', () => {
  const { clock, changes, members } = make()
  members.heard(info(1))
  members.freeze()
  clock.advance(600_000)
  expect(changes).toEqual(['b up'])
})

/** A node that has heard of another one, and decides when and how that one answers. */
function makeAsked() {
  const clock = new FakeClock()
  const changes: string[] = []
  const answers: ((isThere: boolean) => void)[] = []
  const members = new Members({
    clock,
    ownId: 'self',
    isAnswering: () => new Promise((resolve) => answers.push(resolve)),
    onChange: (id, state) => changes.push(`${id} ${state}`),
    onForgotten: () => {},
  })
  members.thaw()
  members.heard(info(1))
  clock.advance(3000)
  const answer = async (isThere: boolean): Promise<void> => {
    for (const resolve of answers.splice(0)) resolve(isThere)
    await turns(2)
  }
  return { clock, changes, members, answer }
}

test('Members counts no node as silent whose question was open when the store was lost', async () => {
  const { changes, members, answer } = makeAsked()
  members.freeze()
  await answer(false)
  expect(changes).toEqual(['b up'])
})

test('Members counts a silent node again that answers while the store is away', async () => {
  const { clock, changes, members, answer } = makeAsked()
  await answer(false)
  members.freeze()
  clock.advance(1000)
  await answer(true)
  expect(changes).toEqual(['b up', 'b silent', 'b up'])
})

test('Members ignores an old message of a dead node', () => {
  const { changes, members } = make()
  members.heard(info(2))
  members.gone('b')
  members.heard(info(2))
  expect(changes).toEqual(['b up', 'b gone'])
})

/** A node that hears of itself and of another one each second, for `seconds`. */
function hearBoth({ clock, members }: ReturnType<typeof make>, seconds: number, firstBeat = 1): void {
  for (let beat = firstBeat; beat < firstBeat + seconds; beat++) {
    members.heard(info(beat, { id: 'self' }))
    members.heard(info(beat))
    clock.advance(1000)
  }
}

test('Members counts no node as silent while the store delivers not even its own messages', () => {
  const made = make()
  hearBoth(made, 3)
  made.clock.advance(60_000)
  expect(made.changes).toEqual(['b up'])
})

test('Members gives all nodes new time when the store delivers again', () => {
  const made = make()
  hearBoth(made, 3)
  made.clock.advance(60_000)
  made.members.heard(info(4, { id: 'self' }))
  made.clock.advance(2000)
  expect(made.changes).toEqual(['b up'])
})

test('Members counts no node as silent that answers directly, although the store delivers nothing of it', async () => {
  const { clock, changes, members } = make(true)
  members.heard(info(1))
  for (let second = 0; second < 60; second++) {
    clock.advance(1000)
    await Promise.resolve()
  }
  expect(changes).toEqual(['b up'])
})

test('Members counts a silent node again once it answers directly', async () => {
  let isThere = false
  const clock = new FakeClock()
  const changes: string[] = []
  const onChange = (id: string, state: string): void => void changes.push(`${id} ${state}`)
  const members = new Members({
    clock,
    ownId: 'self',
    isAnswering: () => Promise.resolve(isThere),
    onChange,
    onForgotten: () => {},
  })
  members.thaw()
  members.heard(info(1))
  clock.advance(4000)
  await Promise.resolve()
  isThere = true
  clock.advance(1000)
  await Promise.resolve()
  expect(changes).toEqual(['b up', 'b silent', 'b up'])
})

test('Members calls a node silent while the store delivers its own messages', async () => {
  const made = make()
  hearBoth(made, 3)
  for (let beat = 4; beat < 9; beat++) {
    made.members.heard(info(beat, { id: 'self' }))
    made.clock.advance(1000)
    await Promise.resolve()
  }
  expect(made.changes).toEqual(['b up', 'b silent'])
})

test('Members makes room for a new node by forgetting one that is gone', () => {
  const { members } = make()
  for (let node = 0; node < 256; node++) members.heard(info(1, { id: `node-${node}` }))
  members.heard(info(1, { id: 'too-many' }))
  members.gone('node-7')
  members.heard(info(1, { id: 'new' }))
  expect({ new: members.isUp('new'), 'too-many': members.isUp('too-many') }).toEqual({ new: true, 'too-many': false })
})

test('Members does not treat an entry in the store as a sign of life', () => {
  const { changes, members } = make()
  members.freeze()
  members.heard(info(1))
  expect({ changes, isUp: members.isUp('b') }).toEqual({ changes: [], isUp: false })
})

test('Members counts a node whose entry it finds in the store as up once the node answers', async () => {
  const { changes, members } = make(true)
  members.freeze()
  members.heard(info(1))
  await members.asked()
  expect(changes).toEqual(['b up'])
})

test('Members keeps a known node up while it reads the store again', () => {
  const { changes, members } = make()
  members.heard(info(1))
  members.freeze()
  members.heard(info(2))
  expect(changes).toEqual(['b up'])
})

test('Members forgets a node 45 s after its last sign of life', () => {
  const { clock, forgotten, members } = make()
  members.heard(info(1))
  members.gone('b')
  clock.advance(45_000)
  const before = [...forgotten]
  clock.advance(1000)
  expect({ before, after: forgotten }).toEqual({ before: [], after: ['b'] })
})
