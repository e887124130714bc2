import { silentLogger } from '@ls/foundation'
import { FakeClock } from '@ls/testkit'
import { expect, test } from 'vitest'
import { LoadSpread } from './load-spread.js'

/** Nodes with these numbers of links, whose clients go to any other node when they are asked. */
function make(counts: readonly number[]) {
  const clock = new FakeClock()
  const links = [...counts]
  const state = { moves: 0, draining: false, seed: 1 }
  /** The same numbers in each run. */
  const random = (): number => (state.seed = (state.seed * 48_271) % 2_147_483_647) / 2_147_483_647
  const move = (from: number, count: number): void => {
    for (let moved = 0; moved < count; moved++) {
      const others = links.map((_none, index) => index).filter((index) => index !== from)
      const to = others[Math.floor(random() * others.length)]!
      links[from]!--
      links[to]!++
      state.moves++
    }
  }
  const spreads = counts.map(
    (_count, index) =>
      new LoadSpread({
        clock,
        logger: silentLogger,
        links: () => (state.draining ? undefined : links[index]),
        others: () => links.filter((_none, other) => other !== index),
        askToLeave: (most) => {
          move(index, most)
          return most
        },
      }),
  )
  return { clock, links, state, spreads }
}

const minutes = 60_000

test('LoadSpread fills a node that was restarted, and then stops', () => {
  const { clock, links, state } = make([150, 150, 0])
  clock.advance(15 * minutes)
  const { moves } = state
  clock.advance(60 * minutes)
  expect({ most: Math.max(...links) <= 133, least: Math.min(...links) >= 60, later: state.moves - moves }).toEqual({
    most: true,
    least: true,
    later: 0,
  })
})

test('LoadSpread moves few more clients than it must', () => {
  const { clock, state } = make([150, 150, 0])
  clock.advance(60 * minutes)
  expect(state.moves).toBeLessThan(200)
})

test.each([
  ['small differences', [110, 100, 90]],
  ['few clients', [8, 0, 0]],
  ['a node alone', [500]],
])('LoadSpread moves nothing for %s', (_what, counts) => {
  const { clock, state } = make(counts)
  clock.advance(60 * minutes)
  expect(state.moves).toBe(0)
})

test('LoadSpread waits for a minute, in which a node that is restarted gets its clients by itself', () => {
  const { clock, links, state } = make([150, 150, 0])
  clock.advance(59_000)
  links.splice(0, 3, 100, 100, 100)
  clock.advance(60 * minutes)
  expect(state.moves).toBe(0)
})

test('LoadSpread asks at most 50 links in ten seconds', () => {
  const { clock, state } = make([10_000, 0])
  clock.advance(60_000)
  expect(state.moves).toBe(50)
})

test('LoadSpread asks no more once it is closed', () => {
  const { clock, state, spreads } = make([150, 0])
  for (const spread of spreads) spread.close()
  clock.advance(60 * minutes)
  expect(state.moves).toBe(0)
})

test('LoadSpread asks no client while its node drains', () => {
  const { clock, state } = make([150, 0])
  state.draining = true
  clock.advance(60 * minutes)
  expect(state.moves).toBe(0)
})
